import { NullroomError } from "@nullroom/core/errors";
import { createClient } from "redis";

/** A Redis that takes what it is sent and answers nothing for this long counts as out of reach. */
const SILENCE_MS = 2_000;
const PING_INTERVAL_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const FIRST_BACKOFF_MS = 50;
/** The longest pause between two attempts to come back. */
export const MAX_BACKOFF_MS = 1_000;
/**
 * How many answers may be waited for, about a second's work: beyond it calls are refused early instead of answered
 * late.
 */
const MAX_QUEUE = 10_000;

/**
 * One connection to Redis that reconnects by itself and meanwhile refuses calls at once: an answer that comes after the
 * person has given up helps nobody, and a queue would send the call all the same.
 */
export class RedisConnection {
  readonly client: ReturnType<typeof newClient>;
  readonly #watchdog: NodeJS.Timeout;
  #silentChecks = 0;

  constructor(url: string) {
    this.client = newClient(url);
    // Callers learn of an error by their own call, but without a listener the process would end.
    this.client.on("error", () => undefined);
    this.client.on("ready", this.#noteAnswer);
    this.client.on("ping-interval", this.#noteAnswer);
    this.#watchdog = setInterval(() => this.#checkSilence(), PING_INTERVAL_MS).unref();
  }

  /** Resolves once connected, however long that takes: an operator sees that the server does not start. */
  async open(): Promise<void> {
    await this.client.connect();
  }

  /** Send one command. @throws NullroomError "E_SERVER" for every failure */
  async call(command: string[]): Promise<unknown> {
    try {
      const reply: unknown = await this.client.sendCommand(command);
      this.#noteAnswer();
      return reply;
    } catch (cause) {
      throw new NullroomError("E_SERVER", "the store cannot be reached", { cause });
    }
  }

  close(): void {
    clearInterval(this.#watchdog);
    if (this.client.isOpen) this.client.destroy();
  }

  #noteAnswer = () => {
    this.#silentChecks = 0;
  };

  /**
   * Reconnect where Redis has been silent for too long. The socket's own timeout starts anew with every write, so that
   * a busy node would wait for ever. Checks are counted and not time, because a process that was stalled itself reads
   * the waiting answers before it checks again.
   */
  #checkSilence(): void {
    if (!this.client.isReady) return;
    this.#silentChecks += 1;
    if (this.#silentChecks * PING_INTERVAL_MS <= SILENCE_MS) return;
    this.client.destroy(); // This refuses every call under way.
    this.client.connect().catch(() => undefined); // Connecting retries by itself and fails only once `close` ends it.
  }
}

function newClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUE,
    pingInterval: PING_INTERVAL_MS,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries) => Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(retries, 10), MAX_BACKOFF_MS),
    },
  });
}
