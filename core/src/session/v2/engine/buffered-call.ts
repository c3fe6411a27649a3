import { BufferedChannel, type ChannelInput } from "../../../peer/buffered-channel.ts";
import type { BulkId, EngineCall } from "./messages.ts";

/** A call whose channel has been listened to since it came, so that nothing on it is lost. A port buffers by itself. */
export type BufferedCall =
  | Exclude<EngineCall, { name: "attach" }>
  | { id: number; name: "attach"; argument: { bulkId: BulkId; channel: BufferedChannel | MessagePort } };

/** Performs calls in their order. */
export type PerformCall = (call: BufferedCall) => void;

/**
 * To be called within the task in which the call came.
 * @param onEarly - something came on a channel that nobody has taken yet
 */
export function withBufferedChannel(
  call: EngineCall,
  onEarly?: (bulkId: BulkId, input: ChannelInput) => void,
): BufferedCall {
  if (call.name !== "attach") return call;
  const { bulkId, channel } = call.argument;
  const buffered =
    channel instanceof MessagePort
      ? channel
      : new BufferedChannel(channel, (input) => onEarly?.(bulkId, input));
  return { ...call, argument: { bulkId, channel: buffered } };
}
