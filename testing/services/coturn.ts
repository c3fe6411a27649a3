import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "../until.ts";
import { freePort } from "./free-port.ts";

const NO_COTURN = "Tests need coturn: install `turnserver` (Debian: apt-get install coturn).";

/** Credentials outlive the longest test. */
const CREDENTIAL_SECONDS = 6 * 60 * 60;

const CONFIGURATIONS = {
  /** Lets sockets of this machine be relayed to each other. */
  loopback: join(import.meta.dirname, "coturn-loopback.conf"),
  /** The configuration that operators are given. */
  hardened: join(import.meta.dirname, "../../deploy/coturn/turnserver.conf"),
};

const TRIES = 3;

/** A real coturn on loopback, with UDP and TCP on one port and TLS on another, for which it has a certificate of its own. */
export class TestCoturn implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly secret = randomBytes(16).toString("hex");
  readonly ports: { plain: number; tls: number };
  readonly #directory: string;
  readonly #process: ChildProcess;

  /** Start coturn. A port that was free may be taken by now, which coturn does not report, so that others are tried then. */
  static async start(configuration: keyof typeof CONFIGURATIONS): Promise<TestCoturn> {
    for (let tries = 1; ; tries++) {
      const coturn = await TestCoturn.#launch(configuration);
      try {
        await coturn.#listens();
        return coturn;
      } catch (error) {
        await coturn[Symbol.asyncDispose]();
        if (tries === TRIES) throw error;
      }
    }
  }

  static async #launch(configuration: keyof typeof CONFIGURATIONS): Promise<TestCoturn> {
    const directory = await mkdtemp(join(tmpdir(), "coturn-"));
    await makeCertificate(directory);
    const ports = { plain: await freePort(), tls: await freePort() };
    return new TestCoturn(directory, ports, CONFIGURATIONS[configuration]);
  }

  private constructor(directory: string, ports: { plain: number; tls: number }, configuration: string) {
    this.#directory = directory;
    this.ports = ports;
    const own = {
      "listening-port": ports.plain,
      "tls-listening-port": ports.tls,
      "static-auth-secret": this.secret,
      realm: "nullroom.test",
      cert: join(directory, "cert.pem"),
      pkey: join(directory, "key.pem"),
      pidfile: join(directory, "pid"),
      userdb: join(directory, "userdb"),
    };
    const addresses = ["127.0.0.1", "::1"].flatMap((ip) => [`--listening-ip=${ip}`, `--relay-ip=${ip}`]);
    const options = Object.entries(own).map(([name, value]) => `--${name}=${value}`);
    const args = ["-c", configuration, ...options, ...addresses];
    this.#process = spawn("turnserver", args, { stdio: "ignore", cwd: directory });
  }

  /** The ICE server as a page is told of it. @param port - the port of a forwarder that leads to it, else its own */
  iceServer(
    transport: "udp" | "tcp" | "tls",
    port = transport === "tls" ? this.ports.tls : this.ports.plain,
  ) {
    const username = `${Math.floor(Date.now() / 1000) + CREDENTIAL_SECONDS}:test`;
    const credential = createHmac("sha1", this.secret).update(username).digest("base64");
    const [scheme, over] = transport === "tls" ? ["turns", "tcp"] : ["turn", transport];
    return { urls: [`${scheme}:${this.host}:${port}?transport=${over}`], username, credential };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const gone = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await gone;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #listens(): Promise<void> {
    let failure: Error | undefined;
    this.#process.once("error", (error) => {
      failure = error;
    });
    await until("coturn to listen", async () => {
      if (failure !== undefined) throw new Error(NO_COTURN, { cause: failure });
      return (await accepts(this.ports.plain)) && (await accepts(this.ports.tls));
    });
  }
}

async function makeCertificate(directory: string): Promise<void> {
  const files = ["-keyout", join(directory, "key.pem"), "-out", join(directory, "cert.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  await promisify(execFile)("openssl", ["req", "-x509", "-days", "2", ...key, ...files, ...subject]);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
