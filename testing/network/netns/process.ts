import { type ChildProcess, spawn } from "node:child_process";
import { until } from "../../until.ts";

/** A process on a machine of the lab. It has a process group of its own, so that its children end with it. */
export class HostProcess {
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess;
  #ended: Promise<number | null>;
  /** Everything that it has written since its first start. */
  output = "";

  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#env = env;
    [this.#child, this.#ended] = this.#spawn();
  }

  /** The exit code, or null where a signal ended the process. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Wait until its output matches. @returns the match @throws where the process ends before */
  said(pattern: RegExp, ms?: number): Promise<RegExpExecArray> {
    return until(
      `${this.#command.at(4) ?? "a process"} to say ${pattern}`,
      () => {
        const match = pattern.exec(this.output);
        if (match === null && !this.isRunning) throw new Error(`it ended instead: ${this.output}`);
        return match ?? undefined;
      },
      ms,
    );
  }

  /** End it by SIGKILL, as a crash does. */
  kill(): Promise<number | null> {
    return this.#end("SIGKILL");
  }

  /** End it by SIGTERM, as an operator does. */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** End it where it still runs, and run the same command again. */
  async restart(): Promise<void> {
    await this.kill();
    [this.#child, this.#ended] = this.#spawn();
  }

  #spawn(): [ChildProcess, Promise<number | null>] {
    const [program = "", ...args] = this.#command;
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const append = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout.on("data", append);
    child.stderr.on("data", append);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    ended.catch(() => undefined); // because whoever awaits `ended` gets the error, and nobody has to await it.
    return [child, ended];
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const { pid } = this.#child;
    if (pid !== undefined && this.isRunning) process.kill(-pid, signal);
    return this.#ended;
  }
}
