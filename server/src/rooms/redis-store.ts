import { createHash, randomUUID } from "node:crypto";
import type { RoomId, Seat } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { HANDSHAKE_TTL_MS } from "@nullroom/core/limits";
import { MAX_BACKOFF_MS, RedisConnection } from "./redis-connection.ts";
import * as replies from "./redis-replies.ts";
import { roomScript } from "./redis-rules.ts";
import type {
  Departure,
  Digest,
  Join,
  JoinOutcome,
  LeaveOutcome,
  NewRoom,
  Occupant,
  Renewal,
  Restoration,
  ResumeOutcome,
  RoomRules,
  RoomStore,
} from "./store.ts";

/**
 * How long after an empty return "there is no such room" is not yet believed: every node has come back by then
 * and has written the rooms of its sockets again.
 */
const RESTORING_MS = 2 * MAX_BACKOFF_MS;

/** How long after an empty return a room may be written again; later a room that is not there has ended. */
const RESTORABLE_MS = 60_000;

/**
 * Rooms that any number of nodes share. A room is one key, `r:<uuid>`, that expires with it and holds hashes,
 * seats and times; a classic handshake is `h:<identifier>`. Every step is one call and one round trip.
 * Needs Redis 6.2 or newer (or Valkey).
 */
export class RedisStore implements RoomStore {
  readonly #connection: RedisConnection;
  readonly #script: string;
  readonly #sha: string;
  readonly #clockOffsetMs: () => number;
  readonly #returned: (() => void)[] = [];
  #runId = "";
  #emptiedAt = Number.NEGATIVE_INFINITY;

  /** @param clockOffsetMs - tests live through an hour with it; nobody else needs it. */
  constructor(url: string, rules: RoomRules, clockOffsetMs: () => number = () => 0) {
    this.#connection = new RedisConnection(url);
    this.#script = roomScript(rules);
    this.#sha = createHash("sha1").update(this.#script).digest("hex");
    this.#clockOffsetMs = clockOffsetMs;
  }

  async open(): Promise<void> {
    await this.#connection.open();
    this.#runId = await this.#askRunId();
    this.#connection.client.on("ready", () => void this.#welcomeBack());
  }

  async create(room: NewRoom): Promise<RoomId> {
    const roomId = randomUUID() as string as RoomId;
    await this.#step(roomId, "create", room.protocol, admitOf(room));
    return roomId;
  }

  async classicTtl(roomId: RoomId): Promise<number | undefined> {
    return replies.ttl(await this.#step(roomId, "classicTtl"));
  }

  async join(request: Join): Promise<JoinOutcome> {
    const { roomId, protocol, seat, token, occupant } = request;
    const wanted = seat === undefined ? "" : String(seat);
    const reply = await this.#step(
      roomId,
      "join",
      protocol,
      request.admit ?? "",
      wanted,
      token,
      name(occupant),
    );
    const outcome = replies.join(reply);
    if (outcome.outcome === "room-gone") this.#believe();
    return outcome;
  }

  async resume(roomId: RoomId, token: Digest, occupant: Occupant): Promise<ResumeOutcome> {
    const outcome = replies.resume(await this.#step(roomId, "resume", token, name(occupant)));
    if (outcome.outcome === "lease-over") this.#believe();
    return outcome;
  }

  async renew(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<Renewal> {
    const outcome = replies.renewal(await this.#step(roomId, "renew", String(seat), name(occupant)));
    if (outcome.outcome === "unknown") this.#believe();
    return outcome;
  }

  async establish(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<{ ttlMs: number } | undefined> {
    const ttlMs = replies.ttl(await this.#step(roomId, "establish", String(seat), name(occupant)));
    return ttlMs === undefined ? undefined : { ttlMs };
  }

  async evict(roomId: RoomId, occupant: Occupant): Promise<Occupant | undefined> {
    return replies.evicted(await this.#step(roomId, "evict", name(occupant)));
  }

  async leave(roomId: RoomId, seat: Seat, occupant: Occupant, departure: Departure): Promise<LeaveOutcome> {
    return replies.leave(await this.#step(roomId, "leave", String(seat), name(occupant), departure));
  }

  async destroy(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<LeaveOutcome> {
    return replies.leave(await this.#step(roomId, "destroy", String(seat), name(occupant)));
  }

  async restore({ roomId, room, established, ttlMs, seat, token, occupant }: Restoration): Promise<boolean> {
    const lost = performance.now() < this.#emptiedAt + RESTORABLE_MS;
    const whole = [room.protocol, admitOf(room), bit(established), String(Math.round(ttlMs))];
    const own = [String(seat), token, name(occupant)];
    return replies.restored(await this.#step(roomId, "restore", bit(lost), ...whole, ...own));
  }

  onReturn(listener: () => void): void {
    this.#returned.push(listener);
  }

  async putHandshake(identifier: Digest, blob: string): Promise<boolean> {
    const key = `h:${identifier}`;
    const reply = await this.#connection.call(["SET", key, blob, "NX", "PX", String(HANDSHAKE_TTL_MS)]);
    return reply !== null;
  }

  async takeHandshake(identifier: Digest): Promise<string | undefined> {
    const blob = await this.#connection.call(["GETDEL", `h:${identifier}`]);
    return typeof blob === "string" ? blob : undefined;
  }

  async ping(): Promise<void> {
    await this.#connection.call(["SET", "up", "", "PX", "1000"]);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** By the script's hash; its text only to a Redis that has never heard it, or has forgotten. */
  async #step(roomId: RoomId, ...step: string[]): Promise<unknown> {
    const [name = "", ...args] = step;
    const rest = ["1", `r:${roomId}`, name, String(this.#clockOffsetMs()), ...args];
    try {
      return await this.#connection.call(["EVALSHA", this.#sha, ...rest]);
    } catch (thrown) {
      if (!isUnknownScript(thrown)) throw thrown;
      return this.#connection.call(["EVAL", this.#script, ...rest]);
    }
  }

  async #welcomeBack(): Promise<void> {
    try {
      const runId = await this.#askRunId();
      if (runId !== this.#runId) this.#emptiedAt = performance.now();
      this.#runId = runId;
      for (const listener of this.#returned) listener();
    } catch {
      // Because it went away again, and will come back again.
    }
  }

  /** Changes with every start of Redis, and rooms do not outlive one. */
  async #askRunId(): Promise<string> {
    const reply = await this.#connection.call(["INFO", "server"]);
    return /^run_id:(\S+)/m.exec(String(reply))?.[1] ?? "";
  }

  /** @throws "E_SERVER" as long as rooms are still being written again: whoever asks comes back a moment later. */
  #believe(): void {
    if (performance.now() > this.#emptiedAt + RESTORING_MS) return;
    throw new NullroomError("E_SERVER", "the store has come back empty and is being filled");
  }
}

function isUnknownScript(thrown: unknown): boolean {
  const cause = thrown instanceof NullroomError ? thrown.cause : undefined;
  return cause instanceof Error && cause.message.startsWith("NOSCRIPT");
}

function admitOf(room: NewRoom): string {
  return room.protocol === "2" ? room.admit : "";
}

function bit(value: boolean): string {
  return value ? "1" : "0";
}

/** An occupant is one string in Redis, so that comparing it is comparing both halves. */
function name({ node, connectionId }: Occupant): string {
  return `${node}:${connectionId}`;
}
