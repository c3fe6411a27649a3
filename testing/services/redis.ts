import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";
import { freePort } from "./free-port.ts";

const NO_REDIS = "Tests need Redis: install `redis-server` (Debian: apt-get install redis-server).";

/** The configuration that spec/1-rooms.md asks for: nothing on disk, no log of commands, refusing when it is full. */
const CONFIGURATION = {
  bind: "127.0.0.1",
  save: "",
  appendonly: "no",
  "slowlog-max-len": "0",
  "latency-monitor-threshold": "0",
  "maxmemory-policy": "noeviction",
};

/** A real Redis of a test's own, which can be killed, frozen and started again. */
export class TestRedis implements AsyncDisposable {
  readonly url: string;
  readonly #directory: string;
  readonly #port: number;
  #process: ChildProcess;

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await mkdtemp(join(tmpdir(), "redis-")), await freePort());
    await redis.#answers();
    return redis;
  }

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#process = this.#launch();
  }

  /** End it by SIGKILL, so that everything that it held is lost. Resolves when the process has ended. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
  }

  async startAgain(): Promise<void> {
    this.#process = this.#launch();
    await this.#answers();
  }

  /** Stop the process, which keeps its connections open and answers nothing. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #launch(): ChildProcess {
    const options = Object.entries(CONFIGURATION).flatMap(([name, value]) => [`--${name}`, value]);
    const where = ["--dir", this.#directory, "--port", String(this.#port)];
    return spawn("redis-server", [...options, ...where], { stdio: "ignore" });
  }

  async #answers(): Promise<void> {
    let failure: Error | undefined;
    this.#process.once("error", (error) => {
      failure = error;
    });
    await until("Redis to answer", () => {
      if (failure !== undefined) throw new Error(NO_REDIS, { cause: failure });
      return pong(this.#port);
    });
  }
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString() === "+PONG\r\n");
    });
    socket.once("error", () => resolve(false));
  });
}
