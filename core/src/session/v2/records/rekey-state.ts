import { type Channel, CTL } from "../../../crypto/binding.ts";
import type { Role } from "../../../crypto/keys.ts";
import { NullroomError } from "../../../errors.ts";
import type { BulkFrame, TalkFrame } from "../../../wire/frames.ts";

/** The channels on which the other side's markers are still to come. */
type Awaiting = readonly Channel[];

/** Where one side stands in a re-key; its table is in spec/4-frames.md §6. */
export type RekeyState =
  | { step: "rest" }
  /** Lanes are being opened or given up: until it is known which there are, no epoch may end. */
  | { step: "held" }
  /** The initiator makes its keys. */
  | { step: "drawing" }
  /** The initiator has said REKEY1. */
  | { step: "proposed" }
  /** The initiator sends in the new epoch; the responder may still send in the old one. */
  | { step: "switched"; awaiting: Awaiting }
  /** The responder has said REKEY2, and sends in the old epoch until the initiator is in the new one on all channels. */
  | { step: "answered"; awaiting: Awaiting };

export type Rekey1 = Extract<TalkFrame, { type: "rekey1" }>;
export type Rekey2 = Extract<TalkFrame, { type: "rekey2" }>;

/** What a re-key says, and on which channel where there are several. */
export type RekeyFrame =
  | Rekey1
  | Rekey2
  | Extract<TalkFrame, { type: "rekey3" | "rekey4" | "rekey_req" }>
  | (Extract<BulkFrame, { type: "epoch" }> & { channel: Channel });

export type RekeyEvent =
  /** This side finds that the epoch has lasted long enough. */
  | { type: "due" }
  | { type: "drawn" }
  /** This side has said or heard LANE_OFFER, and LANES. */
  | { type: "hold" | "release" }
  | RekeyFrame;

export type RekeyAct =
  /** Make fresh keys; `drawn` follows. */
  | { act: "draw" }
  | { act: "propose" }
  | { act: "ask" }
  /** The responder derives the new epoch and says REKEY2. */
  | { act: "answer"; to: Rekey1 }
  /** The initiator derives the new epoch and begins it on all channels. */
  | { act: "switch"; to: Rekey2 }
  /** The initiator has the new epoch's secrets, so the responder needs none of the old one's. */
  | { act: "drop-old-resume" }
  /** The responder begins the new epoch on all channels. */
  | { act: "follow" };

export type RekeyStep = { state: RekeyState; acts: readonly RekeyAct[] };

/**
 * One step of one side, drawn in docs/rekey.md. Pure.
 * @param channels - those that there are: ctl, bulk, lanes
 * @throws "E_REKEY" for what has no place in the exchange, "E_RECORD_EPOCH" for a marker out of place
 */
export function rekeyStep(
  role: Role,
  state: RekeyState,
  event: RekeyEvent,
  channels: readonly Channel[],
): RekeyStep {
  if (event.type === "hold" && state.step === "rest") return to({ step: "held" });
  if (event.type === "release" && state.step === "held") return to({ step: "rest" });
  return role === 0 ? stepOfInitiator(state, event, channels) : stepOfResponder(state, event, channels);
}

function stepOfInitiator(state: RekeyState, event: RekeyEvent, channels: readonly Channel[]): RekeyStep {
  switch (event.type) {
    case "due":
    case "rekey_req":
      return state.step === "rest" ? to({ step: "drawing" }, { act: "draw" }) : to(state);
    case "drawn":
      if (state.step === "drawing") return to({ step: "proposed" }, { act: "propose" });
      break;
    case "rekey2":
      if (state.step !== "proposed") break;
      return to({ step: "switched", awaiting: channels }, { act: "switch", to: event });
    case "rekey4":
    case "epoch": {
      if (state.step !== "switched") break;
      const awaiting = without(state.awaiting, channelOf(event));
      return to(awaiting.length === 0 ? { step: "rest" } : { step: "switched", awaiting });
    }
    case "rekey1":
    case "rekey3":
    case "hold":
    case "release":
      break;
    default:
      event satisfies never;
  }
  throw outOfPlace(event);
}

function stepOfResponder(state: RekeyState, event: RekeyEvent, channels: readonly Channel[]): RekeyStep {
  switch (event.type) {
    case "due":
      // The initiator may be about to begin by itself, or not have seen the end of the last one: asking promises nothing.
      return state.step === "rest" ? to(state, { act: "ask" }) : to(state);
    case "rekey1":
      if (state.step !== "rest") break;
      return to({ step: "answered", awaiting: channels }, { act: "answer", to: event });
    case "rekey3":
    case "epoch": {
      if (state.step !== "answered") break;
      const awaiting = without(state.awaiting, channelOf(event));
      const drops: RekeyAct[] = event.type === "rekey3" ? [{ act: "drop-old-resume" }] : [];
      if (awaiting.length > 0) return to({ step: "answered", awaiting }, ...drops);
      return to({ step: "rest" }, ...drops, { act: "follow" });
    }
    case "drawn":
    case "rekey_req":
    case "rekey2":
    case "rekey4":
    case "hold":
    case "release":
      break;
    default:
      event satisfies never;
  }
  throw outOfPlace(event);
}

function to(state: RekeyState, ...acts: RekeyAct[]): RekeyStep {
  return { state, acts };
}

function channelOf(event: { type: string; channel?: Channel }): Channel {
  return event.channel ?? CTL;
}

/** What is awaited after a marker on `channel`. @throws "E_RECORD_EPOCH" for a second one */
function without(awaiting: Awaiting, channel: Channel): Awaiting {
  const left = awaiting.filter((each) => each !== channel);
  if (left.length < awaiting.length) return left;
  throw new NullroomError("E_RECORD_EPOCH", "a second marker");
}

const MARKERS: ReadonlySet<RekeyEvent["type"]> = new Set(["rekey3", "rekey4", "epoch"]);

function outOfPlace({ type }: RekeyEvent): NullroomError {
  return new NullroomError(MARKERS.has(type) ? "E_RECORD_EPOCH" : "E_REKEY", `${type} out of place`);
}
