import { BufferedChannel, type ChannelInput } from "../../../peer/buffered-channel.ts";
import type { BulkId, EngineCall } from "./messages.ts";

/** As the engine hears it: a channel that nothing was lost on. A port keeps by itself what comes. */
export type BufferedCall =
  | Exclude<EngineCall, { name: "attach" }>
  | { id: number; name: "attach"; argument: { bulkId: number; channel: BufferedChannel | MessagePort } };

/** What moves files: obeys calls in their order. */
export type PerformCall = (call: BufferedCall) => void;

/** To be called within the task in which the call came. @param onEarly - something came on a channel that nobody has taken */
export function withBufferedChannel(
  call: EngineCall,
  onEarly?: (lane: BulkId, heard: ChannelInput) => void,
): BufferedCall {
  if (call.name !== "attach") return call;
  const { bulkId: lane, channel } = call.argument;
  if (channel instanceof MessagePort) return { ...call, argument: { bulkId: lane, channel } };
  return {
    ...call,
    argument: { bulkId: lane, channel: new BufferedChannel(channel, (heard) => onEarly?.(lane, heard)) },
  };
}
