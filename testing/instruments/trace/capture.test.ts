import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Host } from "../../network/netns/host.ts";
import { Lab } from "../../network/netns/lab.ts";
import { until } from "../../until.ts";
import { type Capture, capture } from "./capture.ts";

/** Sent on purpose, so that a capture that hears it would have heard the others. */
const SENTINEL_PORT = 4_999;

function sayFrom(host: Host, to: string, port: number): Promise<void> {
  const script = `const s = require("node:dgram").createSocket("udp4"); s.send("x", ${port}, "${to}", () => s.close())`;
  return host.run(process.execPath, ["-e", script]);
}

function heard(listening: Capture, port: number): Promise<true> {
  return until(
    "the packet to be heard",
    () => listening.packets().some(({ toPort }) => toPort === port) || undefined,
  );
}

describe("a capture", () => {
  let lab: Lab;
  let ann: Host;
  let ben: Host;
  let web: Host;

  beforeAll(async () => {
    lab = await Lab.create();
    [ann, ben, web] = [await lab.addHost("ann"), await lab.addHost("ben"), await lab.addHost("web")];
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test("at one end hears a packet to the other, and tells whom it was between", async () => {
    await using listening = await capture({ inside: ben.inside, interface: "eth0" });
    await sayFrom(ann, ben.address, 5_001);
    await heard(listening, 5_001);
    expect(listening.between(ann.address, ben.address).filter(({ protocol }) => protocol === "udp")).toEqual([
      expect.objectContaining({ from: ann.address, to: ben.address, toPort: 5_001, protocol: "udp" }),
    ]);
  });

  test("hears nothing between two machines that only talk to a third", async () => {
    await using listening = await capture({ inside: ann.inside, interface: "eth0" });
    await sayFrom(ann, web.address, SENTINEL_PORT);
    await heard(listening, SENTINEL_PORT);
    expect(listening.between(ann.address, ben.address)).toEqual([]);
    expect(listening.between(ann.address, web.address)).not.toEqual([]);
  });

  test("on the loopback of this machine hears what this machine says to itself", async () => {
    await using listening = await capture({ interface: "lo", filter: "udp and port 4998" });
    const socket = createSocket("udp4");
    socket.send("x", 4_998, "127.0.0.1");
    await heard(listening, 4_998);
    socket.close();
    expect(listening.between("127.0.0.1", "127.0.0.1")).toHaveLength(1);
  });

  test("on a cable that does not exist says so", async () => {
    await expect(capture({ interface: "nowhere0" })).rejects.toThrow("does not capture");
  });
});
