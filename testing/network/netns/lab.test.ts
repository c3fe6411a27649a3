import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../until.ts";
import type { Host } from "./host.ts";
import { ip } from "./ip.ts";
import { Lab } from "./lab.ts";
import type { HostProcess } from "./process.ts";

const pageServer = fileURLToPath(new URL("./page-server.mjs", import.meta.url));

let lab: Lab;
let ann: Host;
let ben: Host;
let web: Host;
let server: HostProcess;

beforeAll(async () => {
  lab = await Lab.create();
  [ann, ben, web] = [await lab.addHost("ann"), await lab.addHost("ben"), await lab.addHost("web")];
  server = web.start(process.execPath, [pageServer]);
  await server.said(/listening/);
});

afterAll(() => lab[Symbol.asyncDispose]());

/** Whether a machine gets an answer from another within a few seconds: this machine may be busy. */
async function reaches(from: Host, to: Host): Promise<boolean> {
  const script = `fetch("http://${to.address}:8080/hello", { signal: AbortSignal.timeout(4000) })`;
  const asked = from.start(process.execPath, [
    "-e",
    `${script}.then(() => process.exit(0), () => process.exit(1))`,
  ]);
  return (await asked.ended) === 0;
}

describe("a lab", () => {
  test("a server on one machine is reached from another, and not from the machine that runs the tests", async () => {
    expect(await reaches(ann, web)).toBe(true);
    // Some networks answer for every address, so what counts is whose answer it is.
    const signal = AbortSignal.timeout(1_000);
    const outside = fetch(`http://${web.address}:8080/hello`, { signal }).then((response) => response.text());
    expect(await outside.catch(() => "nobody")).not.toBe("hello");
  });

  test("a pulled cable cuts, and put back it does not", async () => {
    await ann.pullCable();
    expect(await reaches(ann, web)).toBe(false);
    expect(await ip("-n", ann.namespace, "link", "show", "eth0")).toContain("NO-CARRIER");
    await ann.putCableBack();
    await until("the cable to carry again", () => reaches(ann, web));
  });

  test("a machine that changes its address loses the old one", async () => {
    const before = ann.address;
    await ann.changeAddress();
    expect(ann.address).not.toBe(before);
    await until("the new address to work", () => reaches(ann, web));
    expect(await ip("-n", ann.namespace, "address", "show", "eth0")).not.toContain(`${before}/`);
  });

  test("isolated machines reach the server and not each other", async () => {
    const second = ben.start(process.execPath, [pageServer]);
    await second.said(/listening/);
    await until("ben to answer", () => reaches(ann, ben));
    await Promise.all([ann.isolate(), ben.isolate()]);
    expect(await reaches(ann, ben)).toBe(false);
    expect(await reaches(ann, web)).toBe(true);
    await Promise.all([ann.isolate(false), ben.isolate(false)]);
    await until("ben to answer again", () => reaches(ann, ben));
    await second.kill();
  });

  test("a killed server is gone until it is started again", async () => {
    await server.kill();
    expect(await reaches(ann, web)).toBe(false);
    await server.restart();
    await until("the server to be back", () => reaches(ann, web));
  });

  test("a passage leads from outside to a port of a machine's loopback", async () => {
    const port = await web.reach(8080);
    const answer = await fetch(`http://127.0.0.1:${port}/hello`);
    expect(await answer.text()).toBe("hello");
  });

  test("leaves nothing behind, whatever still runs in it", async () => {
    const brief = await Lab.create();
    const host = await brief.addHost("host");
    const sleeper = host.start("sleep", ["1000"]);
    await brief[Symbol.asyncDispose]();
    expect(sleeper.isRunning).toBe(false);
    expect(await ip("netns", "list")).not.toContain(host.namespace);
  });
});
