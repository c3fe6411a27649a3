import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ip } from "./ip.ts";
import { HostProcess } from "./process.ts";

/** The name of a machine's one interface. */
const CABLE = "eth0";

const passage = fileURLToPath(new URL("./passage.mjs", import.meta.url));

type HostOptions = {
  namespace: string;
  switchNamespace: string;
  /** The name of the cable's other end, at the switch. */
  port: string;
  freeAddress(): string;
};

/** A machine of the lab: an address, a cable that can be pulled, and processes that can be killed. */
export class Host {
  readonly namespace: string;
  readonly #options: HostOptions;
  readonly #processes: HostProcess[] = [];
  readonly #undo: (() => Promise<void>)[] = [];
  #gateway = "";
  #address: string;

  constructor(options: HostOptions) {
    this.namespace = options.namespace;
    this.#options = options;
    this.#address = options.freeAddress();
  }

  get address(): string {
    return this.#address;
  }

  async plugIn({ bridge, gateway }: { bridge: string; gateway: string }): Promise<void> {
    const { switchNamespace, port } = this.#options;
    this.#gateway = gateway;
    await ip("netns", "add", this.namespace);
    await ip(
      ...["-n", this.namespace, "link", "add", CABLE, "type", "veth"],
      ...["peer", "name", port, "netns", switchNamespace],
    );
    await ip("-n", switchNamespace, "link", "set", port, "master", bridge, "up");
    // IPv6 is off, so that every packet between two machines has addresses that a test knows.
    await this.run("sh", ["-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]);
    await ip("-n", this.namespace, "link", "set", "lo", "up");
    await ip("-n", this.namespace, "link", "set", CABLE, "up");
    await this.#take(this.#address);
  }

  /** Take the link down at the switch, so that this machine has no carrier, as with a real cable. */
  async pullCable(): Promise<void> {
    await this.#atSwitch("down");
  }

  async putCableBack(): Promise<void> {
    await this.#atSwitch("up");
  }

  /** Replace the address on the same cable, as when a phone changes networks. */
  async changeAddress(): Promise<void> {
    await ip("-n", this.namespace, "address", "del", `${this.#address}/24`, "dev", CABLE);
    this.#address = this.#options.freeAddress();
    await this.#take(this.#address);
  }

  /** Cut this machine off from the other isolated ones. It still reaches the others, such as server and relay. */
  async isolate(isolated = true): Promise<void> {
    const { switchNamespace, port } = this.#options;
    const state = isolated ? "on" : "off";
    await ip("-n", switchNamespace, "link", "set", port, "type", "bridge_slave", "isolated", state);
  }

  /** Start a process on this machine, which ends with the machine at the latest. */
  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): HostProcess {
    const process = new HostProcess([...this.inside, command, ...args], env);
    this.#processes.push(process);
    return process;
  }

  /** Run a command to its end. @throws where it ends with anything but 0 */
  async run(command: string, args: readonly string[]): Promise<void> {
    const process = this.start(command, args);
    const code = await process.ended;
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${process.output}`);
  }

  /** The beginning of a command line that runs a command on this machine. */
  get inside(): readonly string[] {
    return ["ip", "netns", "exec", this.namespace];
  }

  /** Let a port outside the lab lead to a port of this machine's loopback. @returns the port outside */
  async reach(port: number, outsidePort = 0): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), "nullroom-lab-"));
    const path = join(folder, "passage");
    // Network namespaces share the file system, so that a socket in it leads from one to another.
    await this.start(process.execPath, [passage, path, String(port)]).said(/ready/);
    const entrance = createServer((outside) => {
      const inside = connect(path);
      outside.pipe(inside).pipe(outside);
      outside.on("error", () => inside.destroy());
      inside.on("error", () => outside.destroy());
    }).listen(outsidePort, "127.0.0.1");
    await once(entrance, "listening");
    this.#undo.push(async () => {
      entrance.close();
      await rm(folder, { recursive: true, force: true });
    });
    return (entrance.address() as AddressInfo).port;
  }

  async stopEverything(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    for (const undo of this.#undo) await undo();
  }

  async #take(address: string): Promise<void> {
    await ip("-n", this.namespace, "address", "add", `${address}/24`, "dev", CABLE);
    await ip("-n", this.namespace, "route", "replace", "default", "via", this.#gateway, "dev", CABLE);
  }

  async #atSwitch(state: "up" | "down"): Promise<void> {
    await ip("-n", this.#options.switchNamespace, "link", "set", this.#options.port, state);
  }
}
