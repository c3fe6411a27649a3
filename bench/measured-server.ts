import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { freePort } from "../testing/services/free-port.ts";
import { until } from "../testing/until.ts";
import type { Contender, Pair } from "./contender.ts";

/** Servers have one core, and the process that puts load on them has the other. */
export const SERVER_CORE = "0";
export const GENERATOR_CORE = "1";

/** A long time, since five servers start at once on one core. */
const START_WITHIN_MS = 90_000;

const PRELOAD = fileURLToPath(new URL("preload.mjs", import.meta.url));

/** A contender that runs on the servers' core. */
export class MeasuredServer implements AsyncDisposable {
  readonly contender: Contender;
  readonly port: number;
  readonly #process: ChildProcess;

  static async start(contender: Contender): Promise<MeasuredServer> {
    const server = new MeasuredServer(contender, await freePort());
    await until(`${contender.name} to listen`, () => server.#accepts(), START_WITHIN_MS);
    return server;
  }

  private constructor(contender: Contender, port: number) {
    this.contender = contender;
    this.port = port;
    const loader = contender.program.endsWith(".ts") ? ["--import", "tsx"] : [];
    const node = [process.execPath, "--expose-gc", "--import", PRELOAD, ...loader, contender.program];
    this.#process = spawn("taskset", ["-c", SERVER_CORE, ...node], {
      env: { PATH: process.env.PATH ?? "", PORT: String(port), ...contender.env(port) },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  meet(): Promise<Pair> {
    return this.contender.meet(this.port);
  }

  /** CPU seconds of all its threads since it started. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.#process.pid ?? -1);
  }

  /** CPU seconds of the other processes that work for it. */
  get otherCpuSeconds(): number {
    return (this.contender.otherProcesses?.() ?? []).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  }

  /** Resident bytes after a full collection. */
  async memory(): Promise<number> {
    this.#process.send("memory");
    const [rss] = await once(this.#process, "message");
    return Number(rss);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }

  #accepts(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error(`${this.contender.name} did not start`);
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
  }
}

/** CPU seconds of all threads of a process, by the scheduler's nanoseconds: ticks of 10 ms would be too coarse. */
function cpuSecondsOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [running = "0"] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return Number(running);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}
