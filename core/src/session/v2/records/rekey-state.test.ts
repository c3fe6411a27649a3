import { describe, expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import { after, moves, WORLD, WORLD_WITH_LANE, type World } from "../../../testing/rekey-world.ts";
import { type RekeyEvent, type RekeyState, rekeyStep } from "./rekey-state.ts";

const NONE = new Uint8Array();
const EVENTS: readonly RekeyEvent[] = [
  { type: "due" },
  { type: "drawn" },
  { type: "rekey_req" },
  { type: "rekey1", pk: NONE, ek: NONE },
  { type: "rekey2", pk: NONE, ct: NONE },
  { type: "rekey3" },
  { type: "rekey4" },
  { type: "epoch", channel: 1 },
  { type: "epoch", channel: 2 },
  { type: "hold" },
  { type: "release" },
];

/** "-" is E_REKEY, "!" is E_RECORD_EPOCH, else what is done; columns as EVENTS. spec/4-frames.md §6. */
const TABLE: readonly [role: 0 | 1, state: RekeyState, outcomes: string][] = [
  [0, { step: "rest" }, "draw - draw - - ! ! ! ! nothing -"],
  [0, { step: "held" }, "nothing - nothing - - ! ! ! ! - nothing"],
  [0, { step: "drawing" }, "nothing propose nothing - - ! ! ! ! - -"],
  [0, { step: "proposed" }, "nothing - nothing - switch ! ! ! ! - -"],
  [0, { step: "switched", awaiting: [0, 1, 2] }, "nothing - nothing - - ! nothing nothing nothing - -"],
  [0, { step: "switched", awaiting: [0] }, "nothing - nothing - - ! nothing ! ! - -"],
  [0, { step: "switched", awaiting: [1] }, "nothing - nothing - - ! ! nothing ! - -"],
  [0, { step: "switched", awaiting: [2] }, "nothing - nothing - - ! ! ! nothing - -"],
  [1, { step: "rest" }, "ask - - answer - ! ! ! ! nothing -"],
  [1, { step: "held" }, "nothing - - - - ! ! ! ! - nothing"],
  [1, { step: "answered", awaiting: [0, 1, 2] }, "nothing - - - - drop-old-resume ! nothing nothing - -"],
  [1, { step: "answered", awaiting: [0] }, "nothing - - - - drop-old-resume,follow ! ! ! - -"],
  [1, { step: "answered", awaiting: [1] }, "nothing - - - - ! ! follow ! - -"],
  [1, { step: "answered", awaiting: [2] }, "nothing - - - - ! ! ! follow - -"],
];

describe("who may say what when", () => {
  test.each(TABLE)("seat %i, %j", (role, state, outcomes) => {
    const seen = EVENTS.map((event) => {
      try {
        return (
          rekeyStep(role, state, event, [0, 1, 2])
            .acts.map(({ act }) => act)
            .join() || "nothing"
        );
      } catch (error) {
        return { E_REKEY: "-", E_RECORD_EPOCH: "!" }[(error as { code: string }).code];
      }
    });
    expect(seen.join(" ")).toBe(outcomes);
  });
});

/** Epochs go on for ever; what may happen does not depend on where they begin. */
function keyOf(world: World): string {
  const first = Math.min(...world.sides.flatMap(({ takes, resumes }) => [...takes, ...resumes] as number[]));
  return JSON.stringify(world, (name, value) => {
    if (["known", "epoch"].includes(name) && typeof value === "number") return value - first;
    return ["sends", "takes", "resumes"].includes(name) ? value.map((epoch: number) => epoch - first) : value;
  });
}

test.each([
  ["two channels", WORLD, scaled(5, 3)],
  ["a lane that is opened", WORLD_WITH_LANE, scaled(3, 2)],
])(
  "with %s: whatever comes after what, all is read, nothing gets stuck, no key stays too long",
  (_, first, queued) => {
    const seen = new Set([keyOf(first)]);
    const waiting = [first];
    for (let world = waiting.pop(); world; world = waiting.pop()) {
      expectFewKeys(world);
      const possible = moves(world, queued);
      // Without anybody's doing: what is under way by itself.
      const goesOn = possible.some(({ move }) => ["deliver", "drawn", "give up"].includes(move));
      if (!goesOn) expectRest(world);
      for (const move of possible) {
        const next = after(world, move);
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        waiting.push(next);
      }
    }
    expect(seen.size).toBeGreaterThan(5_000); // Or this has not looked at much.
  },
  600_000,
);

function expectRest({ sides: [i, r] }: World): void {
  const { known, lane } = i;
  const epochs = lane === "open" ? [known, known, known] : [known, known];
  const rest = {
    ...{ state: { step: "rest" }, known, resumes: [known], sends: epochs, takes: epochs },
    lane,
  };
  if (JSON.stringify([i, r]) !== JSON.stringify([rest, rest])) expect([i, r]).toEqual([rest, rest]);
}

/** It holds at any moment, because a transport may die at any. */
function expectFewKeys(world: World): void {
  const [i, r] = world.sides;
  const [newest = -1, ...older] = i.resumes;
  const waitsForI = r.state.step === "answered" && r.state.awaiting.includes(0);
  const isRight =
    older.length === 0 && // The initiator has one,
    r.resumes.includes(newest) && // which is one of the responder's,
    r.resumes.length === (waitsForI ? 2 : 1) && // which has two only while it cannot know which of them the initiator has.
    // Chains of two epochs at most.
    [i, r].every(({ known, sends, takes }) =>
      [...sends, ...takes].every((epoch) => epoch !== undefined && epoch >= known - 1),
    );
  if (!isRight) expect(world).toBe("a world in which no key stays too long");
}
