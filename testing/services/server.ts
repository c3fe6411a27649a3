import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "../until.ts";
import { freePort } from "./free-port.ts";

export const serverProgram = fileURLToPath(new URL("../../server/dist/main.js", import.meta.url));

/** The built server as a process of its own, as an operator runs it: what `npm run build` made, plain Node. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  /** Everything it has written since the first start. */
  output = "";
  #env: Record<string, string>;
  #child: ChildProcess | undefined;

  private constructor(port: number, env: Record<string, string>) {
    this.port = port;
    this.#env = env;
  }

  /** Rate limits are off, since all people of a test share one address; tests of the limits turn them on. */
  static async start(env: Record<string, string> = {}): Promise<TestServer> {
    const server = new TestServer(await freePort(), { NULLROOM_RATE_LIMITS: "off", ...env });
    await server.start();
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Address of the landing page, below the base path where there is one. */
  get url(): string {
    return `${this.origin}${this.#env.NULLROOM_BASE_PATH ?? ""}/`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Start (again) on the same port. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [serverProgram], {
      // Nothing of the caller's own configuration: a test says what it needs.
      env: { PATH: process.env.PATH, PORT: String(this.port), HOST: "127.0.0.1", ...this.#env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const append = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout.on("data", append);
    child.stderr.on("data", append);
    await until("the server to listen", async () => {
      if (child.exitCode !== null) throw new Error(`the server ended at once: ${this.output}`);
      return fetch(`${this.url}robots.txt`).then(
        (response) => response.ok,
        () => false,
      );
    });
  }

  /** As an operator stops it. Resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** As a crash stops it. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return code;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
