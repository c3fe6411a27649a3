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
 * How long after Redis has come back empty "there is no such room" is not passed on: by then every node has come back
 * too and has written the rooms of its sockets again.
 */
const RESTORING_MS = 2 * MAX_BACKOFF_MS;

/** How long after Redis has come back empty a room may be written again. Later, a room that is not there has ended. */
const RESTORABLE_MS = 60_000;

/**
 * Rooms that any number of nodes share. A room is one key, `r:<uuid>`, that expires with the room and holds hashes,
 * seats and times; a classic handshake is `h:<identifier>`. Every step is one call and one round trip.
 * Needs Redis 6.2 or newer, or Valkey.
 */
export class RedisStore implements RoomStore {
  readonly #connection: RedisConnection;
  readonly #script: string;
  readonly #sha: string;
  readonly #clockOffsetMs: () => number;
  readonly #returnListeners: (() => void)[] = [];
  #runId = "";
  #emptiedAt = Number.NEGATIVE_INFINITY;

  /** @param clockOffsetMs - what tests add to the clock of Redis, so that an hour passes at once. */
  constructor(url: string, rules: RoomRules, clockOffsetMs: () => number = () => 0) {
    this.#connection = new RedisConnection(url);
    this.#script = roomScript(rules);
    this.#sha = createHash("sha1").update(this.#script).digest("hex");
    this.#clockOffsetMs = clockOffsetMs;
  }

  async open(): Promise<void> {
    await this.#connection.open();
    this.#runId = await this.#askRunId();
    this.#connection.client.on("ready", () => void this.#handleReturn());
  }

  async create(room: NewRoom): Promise<RoomId> {
    const roomId = randomUUID() as string as RoomId;
    await this.#runStep(roomId, "create", room.protocol, admitOf(room));
    return roomId;
  }

  async classicTtl(roomId: RoomId): Promise<number | undefined> {
    return replies.ttl(await this.#runStep(roomId, "classicTtl"));
  }

  async join(request: Join): Promise<JoinOutcome> {
    const { roomId, protocol, seat, token, occupant } = request;
    const wanted = seat === undefined ? "" : String(seat);
    const reply = await this.#runStep(
      roomId,
      "join",
      protocol,
      request.admit ?? "",
      wanted,
      token,
      formatOccupant(occupant),
    );
    const outcome = replies.join(reply);
    if (outcome.outcome === "room-gone") this.#refuseWhileRestoring();
    return outcome;
  }

  async resume(roomId: RoomId, token: Digest, occupant: Occupant): Promise<ResumeOutcome> {
    const outcome = replies.resume(await this.#runStep(roomId, "resume", token, formatOccupant(occupant)));
    if (outcome.outcome === "lease-over") this.#refuseWhileRestoring();
    return outcome;
  }

  async renew(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<Renewal> {
    const outcome = replies.renewal(
      await this.#runStep(roomId, "renew", String(seat), formatOccupant(occupant)),
    );
    if (outcome.outcome === "unknown") this.#refuseWhileRestoring();
    return outcome;
  }

  async establish(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<{ ttlMs: number } | undefined> {
    const ttlMs = replies.ttl(
      await this.#runStep(roomId, "establish", String(seat), formatOccupant(occupant)),
    );
    return ttlMs === undefined ? undefined : { ttlMs };
  }

  async evict(roomId: RoomId, occupant: Occupant): Promise<Occupant | undefined> {
    return replies.evicted(await this.#runStep(roomId, "evict", formatOccupant(occupant)));
  }

  async leave(roomId: RoomId, seat: Seat, occupant: Occupant, departure: Departure): Promise<LeaveOutcome> {
    return replies.leave(
      await this.#runStep(roomId, "leave", String(seat), formatOccupant(occupant), departure),
    );
  }

  async destroy(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<LeaveOutcome> {
    return replies.leave(await this.#runStep(roomId, "destroy", String(seat), formatOccupant(occupant)));
  }

  async restore({ roomId, room, established, ttlMs, seat, token, occupant }: Restoration): Promise<boolean> {
    const mayBeLost = performance.now() < this.#emptiedAt + RESTORABLE_MS;
    const ofRoom = [room.protocol, admitOf(room), bit(established), String(Math.round(ttlMs))];
    const ofSeat = [String(seat), token, formatOccupant(occupant)];
    return replies.restored(await this.#runStep(roomId, "restore", bit(mayBeLost), ...ofRoom, ...ofSeat));
  }

  onReturn(listener: () => void): void {
    this.#returnListeners.push(listener);
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

  /** Run the script by its hash. Its text goes only to a Redis that has never had it, or has forgotten it. */
  async #runStep(roomId: RoomId, ...step: string[]): Promise<unknown> {
    const [name = "", ...args] = step;
    const rest = ["1", `r:${roomId}`, name, String(this.#clockOffsetMs()), ...args];
    try {
      return await this.#connection.call(["EVALSHA", this.#sha, ...rest]);
    } catch (thrown) {
      if (!isUnknownScript(thrown)) throw thrown;
      return this.#connection.call(["EVAL", this.#script, ...rest]);
    }
  }

  async #handleReturn(): Promise<void> {
    try {
      const runId = await this.#askRunId();
      if (runId !== this.#runId) this.#emptiedAt = performance.now();
      this.#runId = runId;
      for (const listener of this.#returnListeners) listener();
    } catch {
      // Because Redis went away again: its next return runs this again.
    }
  }

  /** The id of this run of Redis: rooms do not outlive a run. */
  async #askRunId(): Promise<string> {
    const reply = await this.#connection.call(["INFO", "server"]);
    return /^run_id:(\S+)/m.exec(String(reply))?.[1] ?? "";
  }

  /**
   * Call before passing on that a room or seat is not there.
   *
   * @throws "E_SERVER" as long as nodes may still be writing rooms again: the client then asks again a moment later.
   */
  #refuseWhileRestoring(): void {
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

/** An occupant is one string in Redis, so that one comparison compares both halves. */
function formatOccupant({ node, connectionId }: Occupant): string {
  return `${node}:${connectionId}`;
}
