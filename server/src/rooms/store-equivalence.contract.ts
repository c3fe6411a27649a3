import type { RoomId, Seat } from "@nullroom/core/brand";
import fc from "fast-check";
import { someDigest, someone, type TimedStore } from "./store.contract.ts";
import type { Digest, NewRoom, Occupant } from "./store.ts";

/**
 * Random sequences of operations on a few rooms. Run on two stores, they must get the same answer from both each time.
 */

/**
 * All pauses are whole steps, so that the drift of a real clock never carries an operation over the edge of a lease.
 */
const STEP_MS = 5_000;

const PEOPLE = Array.from({ length: 5 }, () => ({ occupant: someone(), token: someDigest() }));
const ROOMS: readonly NewRoom[] = [{ protocol: "2", admit: someDigest() }, { protocol: "classic" }];

const KINDS = [
  ...[
    "join",
    "join",
    "join",
    "join",
    "pause",
    "renew",
    "renew later",
    "renew later",
    "establish",
    "establish",
  ],
  ...["resume", "leave", "evict", "destroy", "restore", "classicTtl", "create"],
] as const;

export const operationSequences = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    room: fc.nat(ROOMS.length - 1),
    seat: fc.constantFrom<Seat>(0, 1),
    person: fc.nat(PEOPLE.length - 1),
    /** Whether somebody else acts than who sits in that seat. Rarely so, or hardly any operation would do anything. */
    isStranger: fc.nat(5).map((n) => n === 0),
    flag: fc.boolean(),
    pauseMs: fc.constantFrom(1, 3, 3, 5, 5, 9, 29).map((steps) => steps * STEP_MS),
  }),
  { minLength: 30, maxLength: 80 },
);
type Operation = typeof operationSequences extends fc.Arbitrary<(infer One)[]> ? One : never;
type Person = { occupant: Occupant; token: Digest };

/** Everything that the store answered, in order, with times rounded up to whole steps. */
export async function run(operations: Operation[], timed: TimedStore): Promise<unknown[]> {
  const runner = new Runner(timed);
  const answers: unknown[] = [];
  for (const operation of operations) {
    answers.push([operation.kind, rounded(await runner.perform(operation))]);
  }
  return answers;
}

/** Performs operations, and knows which room and which people each of them means. */
class Runner {
  readonly #timed: TimedStore;
  readonly #roomIds = new Map<number, RoomId>();
  readonly #sitting = new Map<string, Person>();

  constructor(timed: TimedStore) {
    this.#timed = timed;
  }

  async perform(operation: Operation): Promise<unknown> {
    const { store } = this.#timed;
    const { seat } = operation;
    const roomId = this.#roomIds.get(operation.room) ?? (await this.#create(operation));
    const { occupant, token } = this.#actor(operation);
    switch (operation.kind) {
      case "create":
        await this.#create(operation);
        return undefined;
      case "join":
        return this.#join(operation, roomId);
      case "pause":
        return this.#timed.advance(operation.pauseMs);
      case "renew":
        return store.renew(roomId, seat, occupant);
      case "renew later":
        this.#timed.advance(operation.pauseMs);
        return store.renew(roomId, seat, occupant);
      case "establish":
        return store.establish(roomId, seat, occupant);
      case "resume":
        return this.#resume(operation, roomId);
      case "leave":
        return store.leave(roomId, seat, occupant, operation.flag ? "said" : "dropped");
      case "evict":
        return store.evict(roomId, this.#actor({ ...operation, seat: 0 }).occupant);
      case "destroy":
        return operation.flag && store.destroy(roomId, seat, occupant);
      case "restore": {
        const room = roomOf(operation);
        return store.restore({
          roomId,
          room,
          established: operation.flag,
          ttlMs: STEP_MS,
          seat,
          token,
          occupant,
        });
      }
      case "classicTtl":
        return store.classicTtl(roomId);
    }
  }

  async #create(operation: Operation): Promise<RoomId> {
    const roomId = await this.#timed.store.create(roomOf(operation));
    this.#roomIds.set(operation.room, roomId);
    return roomId;
  }

  async #join(operation: Operation, roomId: RoomId): Promise<unknown> {
    const person = newcomer(operation);
    const asked = operation.isStranger ? roomOf({ room: operation.room + 1 }) : roomOf(operation);
    const wanted = operation.flag ? {} : { seat: operation.seat };
    const joined = await this.#timed.store.join({ roomId, ...asked, ...wanted, ...person });
    if (joined.outcome === "seated") this.#sitting.set(seatKey(operation.room, joined.seat), person);
    return joined;
  }

  async #resume(operation: Operation, roomId: RoomId): Promise<unknown> {
    const { token } = this.#actor(operation);
    const { occupant } = operation.flag ? newcomer(operation) : this.#actor(operation);
    const resumed = await this.#timed.store.resume(roomId, token, occupant);
    if (resumed.outcome === "seated")
      this.#sitting.set(seatKey(operation.room, resumed.seat), { occupant, token });
    return resumed;
  }

  #actor(operation: Operation): Person {
    const sitting = this.#sitting.get(seatKey(operation.room, operation.seat));
    return operation.isStranger || sitting === undefined ? newcomer(operation) : sitting;
  }
}

function newcomer({ person }: Operation): Person {
  return PEOPLE[person] ?? { occupant: someone(), token: someDigest() };
}

function roomOf({ room }: { room: number }): NewRoom {
  return ROOMS[room % ROOMS.length] ?? { protocol: "classic" };
}

function seatKey(room: number, seat: Seat): string {
  return `${room} ${seat}`;
}

function rounded(answer: unknown): unknown {
  if (typeof answer === "number") return Math.ceil(answer / STEP_MS);
  if (typeof answer !== "object" || answer === null || !("ttlMs" in answer)) return answer;
  return { ...answer, ttlMs: rounded(answer.ttlMs) };
}
