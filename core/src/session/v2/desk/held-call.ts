import { type Heard, HeldChannel } from "../../../peer/held-channel.ts";
import type { DeskCall, LaneNumber } from "./calls.ts";

/** As the engine hears it: a channel that nothing was lost on. A port keeps by itself what comes. */
export type HeldCall =
  | Exclude<DeskCall, { name: "attach" }>
  | { id: number; name: "attach"; argument: { lane: number; channel: HeldChannel | MessagePort } };

/** What moves files: obeys calls in their order. */
export type Engine = (call: HeldCall) => void;

/** To be called within the task in which the call came. @param onEarly - something came on a channel that nobody has taken */
export function holding(call: DeskCall, onEarly?: (lane: LaneNumber, heard: Heard) => void): HeldCall {
  if (call.name !== "attach") return call;
  const { lane, channel } = call.argument;
  if (channel instanceof MessagePort) return { ...call, argument: { lane, channel } };
  return {
    ...call,
    argument: { lane, channel: new HeldChannel(channel, (heard) => onEarly?.(lane, heard)) },
  };
}
