import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "../until.ts";
import { freePort } from "./free-port.ts";

export const serverProgram = fileURLToPath(new URL("../../server/dist/main.js", import.meta.url));

/** The server that `npm run build` made, as a process of its own on plain Node, as an operator runs it. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  /** Everything that it has written since the first start. */
  output = "";
  #env: Record<string, string>;
  #child: ChildProcess | undefined;

  private constructor(port: number, env: Record<string, string>) {
    this.port = port;
    this.#env = env;
  }

  /** Start with rate limits off, since all people of a test share one address. Tests of the limits turn them on. */
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
      // The caller's own environment stays out: a test names the settings that it needs.
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

  /** Stop it by SIGTERM, as an operator does. @returns the exit code */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** End it by SIGKILL, as a crash does. */
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
