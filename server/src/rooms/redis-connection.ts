import { NullroomError } from "@nullroom/core/errors";
import { createClient } from "redis";

/** A Redis that takes what it is sent and says nothing is away as well. */
const SILENCE_MS = 2_000;
const PING_INTERVAL_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const FIRST_BACKOFF_MS = 50;
/** The longest pause between two attempts to come back. */
export const MAX_BACKOFF_MS = 1_000;
/** More waiting answers than a second's work: refuse early instead of answering late. */
const MAX_QUEUE = 10_000;

/**
 * One connection that comes back by itself and meanwhile refuses at once: an answer that comes after the person
 * has given up helps nobody, and a queue would replay it.
 */
export class RedisConnection {
  readonly client: ReturnType<typeof newClient>;
  readonly #watchdog: NodeJS.Timeout;
  #silentLooks = 0;

  constructor(url: string) {
    this.client = newClient(url);
    // Whoever calls is told by their own call; without a listener the process would end.
    this.client.on("error", () => undefined);
    this.client.on("ready", this.#heard);
    this.client.on("ping-interval", this.#heard);
    this.#watchdog = setInterval(() => this.#look(), PING_INTERVAL_MS).unref();
  }

  /** Resolves once connected. Waits as long as that takes: who starts a server sees that it does not start. */
  async open(): Promise<void> {
    await this.client.connect();
  }

  /** @throws NullroomError "E_SERVER", whatever was the matter */
  async call(command: string[]): Promise<unknown> {
    try {
      const reply: unknown = await this.client.sendCommand(command);
      this.#heard();
      return reply;
    } catch (cause) {
      throw new NullroomError("E_SERVER", "the store cannot be reached", { cause });
    }
  }

  close(): void {
    clearInterval(this.#watchdog);
    if (this.client.isOpen) this.client.destroy();
  }

  #heard = () => {
    this.#silentLooks = 0;
  };

  /**
   * The socket's own timeout starts anew with every write, so a busy node would wait for ever. What is counted is
   * looks and not time: a process that has no time itself finds the answers waiting before it looks again.
   */
  #look(): void {
    if (!this.client.isReady) return;
    this.#silentLooks += 1;
    if (this.#silentLooks * PING_INTERVAL_MS <= SILENCE_MS) return;
    this.client.destroy(); // Every call under way is refused now.
    this.client.connect().catch(() => undefined); // Because it retries by itself, only `close` ends this.
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
