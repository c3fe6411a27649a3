import type { RoomId, Seat } from "@nullroom/core/brand";
import fc from "fast-check";
import { someDigest, someone, type TimedStore } from "./store.contract.ts";
import type { Digest, NewRoom, Occupant } from "./store.ts";

/** Random lives of a few rooms, to be lived on two stores whose every answer has to be the same. */

/** All pauses are whole steps, so that the drift of a real clock never crosses the edge of a lease. */
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

export const lives = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    room: fc.nat(ROOMS.length - 1),
    seat: fc.constantFrom<Seat>(0, 1),
    person: fc.nat(PEOPLE.length - 1),
    /** Mostly it is who sits in that seat that speaks, or nothing would ever happen. */
    stranger: fc.nat(5).map((n) => n === 0),
    flag: fc.boolean(),
    pauseMs: fc.constantFrom(1, 3, 3, 5, 5, 9, 29).map((steps) => steps * STEP_MS),
  }),
  { minLength: 30, maxLength: 80 },
);
export type Deed = typeof lives extends fc.Arbitrary<(infer One)[]> ? One : never;
type Person = { occupant: Occupant; token: Digest };

/** Everything that the store answered, in order, times rounded up to whole steps. */
export async function live(deeds: Deed[], timed: TimedStore): Promise<unknown[]> {
  const life = new Life(timed);
  const answers: unknown[] = [];
  for (const deed of deeds) answers.push([deed.kind, rounded(await life.do(deed))]);
  return answers;
}

class Life {
  readonly #timed: TimedStore;
  readonly #roomIds = new Map<number, RoomId>();
  readonly #sitting = new Map<string, Person>();

  constructor(timed: TimedStore) {
    this.#timed = timed;
  }

  async do(deed: Deed): Promise<unknown> {
    const { store } = this.#timed;
    const { seat } = deed;
    const roomId = this.#roomIds.get(deed.room) ?? (await this.#create(deed));
    const { occupant, token } = this.#speaker(deed);
    switch (deed.kind) {
      case "create":
        await this.#create(deed);
        return undefined;
      case "join":
        return this.#join(deed, roomId);
      case "pause":
        return this.#timed.advance(deed.pauseMs);
      case "renew":
        return store.renew(roomId, seat, occupant);
      case "renew later":
        this.#timed.advance(deed.pauseMs);
        return store.renew(roomId, seat, occupant);
      case "establish":
        return store.establish(roomId, seat, occupant);
      case "resume":
        return this.#resume(deed, roomId);
      case "leave":
        return store.leave(roomId, seat, occupant, deed.flag ? "said" : "dropped");
      case "evict":
        return store.evict(roomId, this.#speaker({ ...deed, seat: 0 }).occupant);
      case "destroy":
        return deed.flag && store.destroy(roomId, seat, occupant);
      case "restore": {
        const room = roomOf(deed);
        return store.restore({ roomId, room, established: deed.flag, ttlMs: STEP_MS, seat, token, occupant });
      }
      case "classicTtl":
        return store.classicTtl(roomId);
    }
  }

  async #create(deed: Deed): Promise<RoomId> {
    const roomId = await this.#timed.store.create(roomOf(deed));
    this.#roomIds.set(deed.room, roomId);
    return roomId;
  }

  async #join(deed: Deed, roomId: RoomId): Promise<unknown> {
    const person = newcomer(deed);
    const asked = deed.stranger ? roomOf({ room: deed.room + 1 }) : roomOf(deed);
    const wanted = deed.flag ? {} : { seat: deed.seat };
    const joined = await this.#timed.store.join({ roomId, ...asked, ...wanted, ...person });
    if (joined.outcome === "seated") this.#sitting.set(place(deed.room, joined.seat), person);
    return joined;
  }

  async #resume(deed: Deed, roomId: RoomId): Promise<unknown> {
    const { token } = this.#speaker(deed);
    const { occupant } = deed.flag ? newcomer(deed) : this.#speaker(deed);
    const resumed = await this.#timed.store.resume(roomId, token, occupant);
    if (resumed.outcome === "seated") this.#sitting.set(place(deed.room, resumed.seat), { occupant, token });
    return resumed;
  }

  #speaker(deed: Deed): Person {
    const sitting = this.#sitting.get(place(deed.room, deed.seat));
    return deed.stranger || sitting === undefined ? newcomer(deed) : sitting;
  }
}

function newcomer({ person }: Deed): Person {
  return PEOPLE[person] ?? { occupant: someone(), token: someDigest() };
}

function roomOf({ room }: { room: number }): NewRoom {
  return ROOMS[room % ROOMS.length] ?? { protocol: "classic" };
}

function place(room: number, seat: Seat): string {
  return `${room} ${seat}`;
}

function rounded(answer: unknown): unknown {
  if (typeof answer === "number") return Math.ceil(answer / STEP_MS);
  if (typeof answer !== "object" || answer === null || !("ttlMs" in answer)) return answer;
  return { ...answer, ttlMs: rounded(answer.ttlMs) };
}
