import type { Role } from "../crypto/keys.ts";
import { type RekeyFrame, type RekeyState, rekeyStep } from "../session/v2/records/rekey-state.ts";
import { CODES, isMarker } from "../wire/frames.ts";

/**
 * Two sides that re-key over two channels each way, and one more once they have opened a lane, with numbers for keys:
 * everything that the record layer and the key schedule would decide, and nothing that takes time. Tests explore with it
 * what may come after what.
 */
export type World = {
  readonly sides: readonly [Side, Side];
  /** What is on its way, by who said it and on which channel; oldest first. */
  readonly wires: readonly [Wires, Wires];
};

type Side = {
  readonly state: RekeyState;
  /** The newest epoch whose secrets this side has. */
  readonly known: number;
  /** Epochs whose resume secret it holds, newest first. */
  readonly resumes: readonly number[];
  /** The epoch that each channel is in. A lane has one as soon as it has keys. */
  readonly sends: PerChannel<number>;
  readonly takes: PerChannel<number>;
  /** Whether the lane is one of the channels, which it is from LANES on. */
  readonly lane: "never yet" | "opening" | "open" | "none";
};

type PerChannel<T> = readonly [ctl: T, bulk: T, lane?: T];
type Wires = readonly [ctl: readonly SentRecord[], bulk: readonly SentRecord[], lane: readonly SentRecord[]];
type LaneFrame = { readonly type: "lane_offer" } | { readonly type: "lanes"; readonly mask: 0 | 1 };
type SentRecord = {
  readonly epoch: number;
  readonly frame: RekeyFrame | LaneFrame | { readonly type: "chunk" };
};

const CTL = 0;
const BULK = 1;
const LANE = 2;
const CHANNELS = [CTL, BULK, LANE] as const;
type Channel = (typeof CHANNELS)[number];

export type Move =
  | { readonly move: "due" | "drawn"; readonly role: Role }
  /** The initiator begins to open a lane; it says LANES, with the lane or without. */
  | { readonly move: "offer" | "name" | "give up"; readonly role: 0 }
  | { readonly move: "talk" | "deliver"; readonly role: Role; readonly channel: Channel };

const START: Side = {
  state: { step: "rest" },
  known: 0,
  resumes: [0],
  sends: [0, 0],
  takes: [0, 0],
  lane: "none",
};

export const WORLD: World = worldOf(START);

/** A world in which a lane may be opened, once. */
export const WORLD_WITH_LANE: World = worldOf({ ...START, lane: "never yet" });

function worldOf(start: Side): World {
  return {
    sides: [start, start],
    wires: [
      [[], [], []],
      [[], [], []],
    ],
  };
}

/** Everything that may happen next. @param queued - at how many records on their way nobody says more */
export function moves({ sides, wires }: World, queued: number): Move[] {
  return ([0, 1] as const).flatMap((role): Move[] => {
    const { step } = sides[role].state;
    return [
      ...(step === "rest" && wires[role][CTL].length < queued ? [{ move: "due", role } as const] : []),
      ...(step === "drawing" ? [{ move: "drawn", role } as const] : []),
      ...(role === 0 ? laneMoves(sides) : []),
      ...CHANNELS.flatMap((channel): Move[] => {
        const { length } = wires[role][channel];
        return [
          ...(length < queued && hasChannel(sides[role], channel)
            ? [{ move: "talk", role, channel } as const]
            : []),
          ...(length > 0 ? [{ move: "deliver", role, channel } as const] : []),
        ];
      }),
    ];
  });
}

/** A lane that the initiator names has connected, so the responder has its keys. */
function laneMoves([i, r]: World["sides"]): Move[] {
  if (i.lane === "never yet") return i.state.step === "rest" ? [{ move: "offer", role: 0 }] : [];
  if (i.lane !== "opening") return [];
  const canName = r.lane === "opening";
  return [{ move: "give up", role: 0 }, ...(canName ? [{ move: "name", role: 0 } as const] : [])];
}

function hasChannel({ lane }: Side, channel: Channel): boolean {
  return channel !== LANE || lane === "open";
}

/** @param move.role - who does it; of a record on its way, who said it. @throws what a side would end the session with */
export function after(world: World, move: Move): World {
  switch (move.move) {
    case "due":
    case "drawn":
      return react(world, move.role, { type: move.move });
    case "offer":
      return say(beginLane(world, 0), 0, CTL, { type: "lane_offer" });
    case "name":
    case "give up": {
      const mask = move.move === "name" ? 1 : 0;
      return endLane(say(world, 0, CTL, { type: "lanes", mask }), 0, mask);
    }
    case "talk":
      return say(world, move.role, move.channel, { type: "chunk" });
    case "deliver":
      return deliver(world, move.role, move.channel);
    default:
      return move satisfies never;
  }
}

function deliver(world: World, from: Role, channel: Channel): World {
  const [record, ...rest] = world.wires[from][channel];
  if (record === undefined) return world;
  const to: Role = from === 0 ? 1 : 0;
  const { known, takes } = world.sides[to];
  const current = takes[channel];
  if (current === undefined) throw new Error("no keys for this lane");
  const begins = record.epoch === current + 1 && known > current;
  if (record.epoch !== current && !begins) throw new Error("no keys for this epoch");
  const { frame } = record;
  if (isMarker(CODES[frame.type], channel, from) !== begins) throw new Error("a marker out of place");
  const taken = {
    sides: replaced(world.sides, to, { ...world.sides[to], takes: replaced(takes, channel, record.epoch) }),
    wires: replaced(world.wires, from, replaced(world.wires[from], channel, rest)),
  };
  if (frame.type === "chunk") return taken;
  if (frame.type === "lane_offer") return beginLane(taken, to);
  if (frame.type === "lanes") return endLane(taken, to, frame.mask);
  return react(taken, to, frame);
}

/** A lane has keys of the epoch in which it is offered, which therefore must be the same on both sides. */
function beginLane(world: World, role: Role): World {
  const held = react(world, role, { type: "hold" });
  const { known, sends, takes } = held.sides[role];
  if ([...sends, ...takes].some((epoch) => epoch !== known)) throw new Error("a lane between two epochs");
  return withSide(held, role, {
    lane: "opening",
    sends: [sends[CTL], sends[BULK], known],
    takes: [takes[CTL], takes[BULK], known],
  });
}

function endLane(world: World, role: Role, mask: 0 | 1): World {
  const { sends, takes } = world.sides[role];
  const change: Partial<Side> =
    mask === 1
      ? { lane: "open" }
      : { lane: "none", sends: [sends[CTL], sends[BULK]], takes: [takes[CTL], takes[BULK]] };
  return react(withSide(world, role, change), role, { type: "release" });
}

function react(world: World, role: Role, event: Parameters<typeof rekeyStep>[2]): World {
  const side = world.sides[role];
  const channels = CHANNELS.filter((channel) => hasChannel(side, channel));
  const { state, acts } = rekeyStep(role, side.state, event, channels);
  let next = withSide(world, role, { state });
  for (const act of acts) {
    const { known, resumes } = next.sides[role];
    const learnt = { known: known + 1, resumes: role === 0 ? [known + 1] : [known + 1, ...resumes] };
    switch (act.act) {
      case "draw":
        break;
      case "propose":
        next = say(next, role, CTL, { type: "rekey1", pk: NONE, ek: NONE });
        break;
      case "ask":
        next = say(next, role, CTL, { type: "rekey_req" });
        break;
      case "answer":
        next = say(withSide(next, role, learnt), role, CTL, { type: "rekey2", pk: NONE, ct: NONE });
        break;
      case "switch":
        next = begin(withSide(next, role, learnt), role, "rekey3");
        break;
      case "drop-old-resume":
        next = withSide(next, role, { resumes: resumes.slice(0, 1) });
        break;
      case "follow":
        next = begin(next, role, "rekey4");
        break;
      default:
        act satisfies never;
    }
  }
  return next;
}

function begin(world: World, role: Role, marker: "rekey3" | "rekey4"): World {
  const { known } = world.sides[role];
  const channels = CHANNELS.filter((channel) => hasChannel(world.sides[role], channel));
  const sends = channels.map(() => known) as unknown as PerChannel<number>;
  const begun = withSide(world, role, { sends });
  return channels.reduce(
    (next, channel) =>
      say(next, role, channel, channel === CTL ? { type: marker } : { type: "epoch", channel }),
    begun,
  );
}

function say(world: World, role: Role, channel: Channel, frame: SentRecord["frame"]): World {
  const record = { epoch: world.sides[role].sends[channel] ?? Number.NaN, frame };
  const wires = replaced(world.wires[role], channel, [...world.wires[role][channel], record]);
  return { ...world, wires: replaced(world.wires, role, wires) };
}

function withSide(world: World, role: Role, change: Partial<Side>): World {
  return { ...world, sides: replaced(world.sides, role, { ...world.sides[role], ...change }) };
}

function replaced<List extends readonly unknown[]>(list: List, index: number, value: List[number]): List {
  return list.map((each, at) => (at === index ? value : each)) as unknown as List;
}

const NONE = new Uint8Array();
