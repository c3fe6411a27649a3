import { Host } from "./host.ts";
import { deleteNamespaceNow, ip, requireNamespaces } from "./ip.ts";

const PREFIX = "nullroom-";
/** The network of every lab. Each lab has it to itself, since no two labs can reach each other. */
const NETWORK = "10.77.0";
const BRIDGE = "bridge";

/** Counts the labs of this process, so that their namespaces never share a name. */
let labs = 0;

/**
 * A switch with cables to machines of their own. They are network namespaces, so that a cable can really be pulled, and
 * nothing of the lab touches the network of the machine that it runs on.
 */
export class Lab implements AsyncDisposable {
  readonly #name: string;
  readonly #hosts = new Map<string, Host>();
  #lastAddress = 1;
  readonly #sweep = () => {
    for (const namespace of this.#namespaces) deleteNamespaceNow(namespace);
  };

  private constructor(name: string) {
    this.#name = name;
    process.once("exit", this.#sweep);
  }

  /** Make a lab with a switch and no machine. @throws with one clear sentence where there can be no namespaces */
  static async create(): Promise<Lab> {
    await requireNamespaces();
    await sweepLeftovers();
    labs += 1;
    const lab = new Lab(`${PREFIX}${process.pid}-${labs}`);
    try {
      await lab.#plugInSwitch();
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  /** Add a machine with a cable to the switch and an address. */
  async addHost(name: string): Promise<Host> {
    if (this.#hosts.has(name)) throw new Error(`the lab already has a host ${name}`);
    const host = new Host({
      namespace: `${this.#name}-${name}`,
      switchNamespace: this.#switch,
      port: `port${this.#hosts.size}`,
      freeAddress: () => `${NETWORK}.${++this.#lastAddress}`,
    });
    this.#hosts.set(name, host);
    await host.plugIn({ bridge: BRIDGE, gateway: `${NETWORK}.1` });
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener("exit", this.#sweep);
    await Promise.all([...this.#hosts.values()].map((host) => host.stopEverything()));
    for (const namespace of this.#namespaces) await removeNamespace(namespace);
  }

  async #plugInSwitch(): Promise<void> {
    await ip("netns", "add", this.#switch);
    await ip("-n", this.#switch, "link", "set", "lo", "up");
    await ip("-n", this.#switch, "link", "add", BRIDGE, "type", "bridge");
    await ip("-n", this.#switch, "address", "add", `${NETWORK}.1/24`, "dev", BRIDGE);
    await ip("-n", this.#switch, "link", "set", BRIDGE, "up");
  }

  get #switch(): string {
    return `${this.#name}-switch`;
  }

  get #namespaces(): readonly string[] {
    return [...[...this.#hosts.values()].map(({ namespace }) => namespace), this.#switch];
  }
}

/** Remove what a killed run left: the namespaces whose owner is a process that no longer exists. */
async function sweepLeftovers(): Promise<void> {
  for (const line of (await ip("netns", "list")).split("\n")) {
    const [name = ""] = line.split(" ");
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await removeNamespace(name);
  }
}

async function removeNamespace(name: string): Promise<void> {
  const listed = (await ip("netns", "list")).split("\n").some((line) => line.split(" ")[0] === name);
  if (!listed) return;
  // A process inside was started by a lab, and would keep the namespace alive without a name.
  for (const pid of (await ip("netns", "pids", name)).split("\n").filter(Boolean)) endProcess(Number(pid));
  await ip("netns", "del", name);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) throw error; // The process may have ended between the list and the signal.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isGone(error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
