import { spawn } from "node:child_process";
import { until } from "../../until.ts";
import { type Packet, packetsOf } from "./packets.ts";

export type CaptureOptions = {
  /** What runs the command on another machine: `host.inside` of a machine of the lab, nothing for this one. */
  inside?: readonly string[];
  interface: string;
  /** A filter in tcpdump's language. Without one everything is captured. */
  filter?: string;
};

export type Capture = AsyncDisposable & {
  /** What has been seen so far. */
  packets(): readonly Packet[];
  /** What went between two machines, either way. */
  between(one: string, other: string): readonly Packet[];
  /** End the capture and return all of it. */
  stop(): Promise<readonly Packet[]>;
};

/** Capture what passes an interface, from the moment that this resolves. @throws where tcpdump is missing or may not listen */
export async function capture({ inside = [], interface: cable, filter }: CaptureOptions): Promise<Capture> {
  // The head of a packet is enough, and contents that are never read can never be written anywhere.
  const flags = ["-i", cable, "--immediate-mode", "-U", "-n", "-s", "96", "-w", "-"];
  const command = [...inside, "tcpdump", ...flags, ...(filter === undefined ? [] : [filter])];
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  let complaints = "";
  let ended = false;
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  child.on("error", (error) => {
    complaints += `${error.message} (Debian: apt-get install tcpdump)`;
    ended = true;
  });
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      resolve();
    });
  });
  await until("tcpdump to listen", () => {
    if (ended) throw new Error(`tcpdump does not capture: ${complaints}`);
    return /listening on/.test(complaints);
  });

  const packets = () => packetsOf(Buffer.concat(chunks));
  const stop = async () => {
    child.kill("SIGINT");
    await closed;
    return packets();
  };
  return {
    packets,
    between: (one, other) =>
      packets().filter(({ from, to }) => (from === one && to === other) || (from === other && to === one)),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
