import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { until } from "../../until.ts";
import type { OneTimeAdversary } from "./adversary.ts";
import { dataOf, otherRole, type Role } from "./blob.ts";
import {
  type CableClient,
  handshakeBlob,
  joinCable,
  signalBlob,
  startCableStandIn,
} from "./cable-stand-in.ts";
import { FORGERIES, forgeOnce, INIT_LIES, lieInInit } from "./forgery.ts";
import type { Recording } from "./recording.ts";
import { type HostileRelay, startHostileRelay } from "./relay.ts";
import { attacks, TAMPERINGS, tamperOnce } from "./tampering.ts";

const ROOM = "5a0c1f9e-6a1b-4c39-9f3e-2d1c7b8a9f01";

/** A whole introduction, in the order in which two clients speak. */
const SCRIPT = [
  { stage: "HS1", from: "I", blob: handshakeBlob("I", 0x11) },
  { stage: "HS2", from: "R", blob: handshakeBlob("R", 0x22) },
  { stage: "HS3", from: "I", blob: handshakeBlob("I", 0x33) },
  { stage: "HS4", from: "R", blob: handshakeBlob("R", 0x44) },
  { stage: "HS5", from: "I", blob: handshakeBlob("I", 0x55) },
  { stage: "offer", from: "I", blob: signalBlob("I", 0, 0x66) },
  { stage: "candidate", from: "I", blob: signalBlob("I", 1, 0x67) },
  { stage: "answer", from: "R", blob: signalBlob("R", 0, 0x77) },
  { stage: "candidate", from: "R", blob: signalBlob("R", 1, 0x78) },
] as const;

let relay: HostileRelay;
let standIn: Awaited<ReturnType<typeof startCableStandIn>>;
let both: { I: CableClient; R: CableClient };
/** Another session's introduction, whose blobs differ from the script's. */
let earlier: Recording;

beforeAll(async () => {
  await start();
  await speak(({ from, blob }) => (blob[1] === 0 ? handshakeBlob(from, 0xee) : otherSignal(blob)));
  earlier = relay.recording;
  await end();
});

function otherSignal(blob: Uint8Array): Uint8Array {
  return Uint8Array.from([...blob.slice(0, -1), 0xee]);
}

async function start(adversary?: OneTimeAdversary): Promise<void> {
  standIn = await startCableStandIn();
  relay = await startHostileRelay(standIn.url);
  if (adversary !== undefined) relay.setAdversary(adversary);
  both = { I: await joinCable(relay.url, ROOM), R: await joinCable(relay.url, ROOM) };
}

/** Say the whole script, each line when its forerunner has been heard. */
async function speak(blobOf = (line: (typeof SCRIPT)[number]) => line.blob): Promise<void> {
  for (const line of SCRIPT) {
    both[line.from].send(blobOf(line));
    await answeredPing(both[line.from].socket);
    await answeredPing(both[otherRole(line.from)].socket);
  }
}

/** Order on a socket is kept: what was sent before a ping has arrived before its answer comes. */
async function answeredPing(socket: WebSocket): Promise<void> {
  const answered = once(socket, "pong");
  socket.ping();
  await answered;
}

function heard(by: Role): string[] {
  return both[by].got.filter(({ type }) => type === "signal").map(({ data }) => print(data));
}

function said(by: Role): string[] {
  return SCRIPT.filter(({ from }) => from === by).map(({ blob }) => print(dataOf(blob)));
}

/** Short enough to read in a difference, and different for every flipped bit. */
function print(data: unknown): string {
  return createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 12);
}

async function end(): Promise<void> {
  both.I[Symbol.dispose]();
  both.R[Symbol.dispose]();
  await relay[Symbol.asyncDispose]();
  await standIn[Symbol.asyncDispose]();
}

describe("a relay without an adversary", () => {
  beforeEach(() => start());
  afterEach(end);

  test("is a wire: each side hears exactly what the other said, in order", async () => {
    await speak();
    expect(heard("R")).toEqual(said("I"));
    expect(heard("I")).toEqual(said("R"));
  });

  test("passes every frame of the server as the text it came as", () => {
    expect(both.I.frames[0]).toBe('{"type":"welcome"}');
    expect(both.I.socket.protocol).toBe("actioncable-v1-json");
  });

  test("tells every stage of an introduction apart by order and header alone", async () => {
    await speak();
    expect(relay.recording.signals.map(({ stage, from }) => ({ stage, from }))).toEqual(
      SCRIPT.map(({ stage, from }) => ({ stage, from })),
    );
  });

  test("knows a second attempt that begins before the first is over", async () => {
    both.I.send(SCRIPT[0].blob);
    await until("HS1", () => relay.recording.signals.length === 1);
    both.I.send(SCRIPT[0].blob);
    await until("HS1 again", () => relay.recording.signals.length === 2);
    expect(relay.recording.signals.map(({ stage }) => stage)).toEqual(["HS1", "HS1"]);
  });

  test("proxies HTTP with its body, and the host that the client named", async () => {
    const answer = await new Promise<{ status: number | undefined; seen: unknown; body: string }>(
      (resolve, reject) => {
        const asked = request(`${relay.url}/rooms`, { method: "POST" }, (response) => {
          let body = "";
          response.on("data", (chunk: Buffer) => {
            body += chunk.toString();
          });
          response.on("end", () =>
            resolve({ status: response.statusCode, seen: response.headers["x-seen"], body }),
          );
        });
        asked.on("error", reject);
        asked.end('{"v":2}');
      },
    );
    expect(answer).toEqual({ status: 201, seen: new URL(relay.url).host, body: '{"v":2}' });
    expect(relay.recording.saw('{"v":2}')).toBe(true);
  });

  test("can be gone and come back", async () => {
    relay.goAway();
    await until("the sockets to close", () => both.I.socket.readyState === both.I.socket.CLOSED);
    await expect(joinCable(relay.url, ROOM)).rejects.toThrow();
    relay.goBack();
    using back = await joinCable(relay.url, ROOM);
    expect(back.got[0]?.type).toBe("init");
  });
});

describe("every tampering at every stage happens, and changes what is heard", () => {
  afterEach(end);

  test.each(attacks())("$name", async ({ tampering, stage }) => {
    const adversary = tamperOnce({ tampering, stage }, earlier);
    await start(adversary);
    await speak();
    expect(adversary.hasActed).toBe(true);
    expect([heard("I"), heard("R")]).not.toEqual([said("R"), said("I")]);
  });

  test("there is one for each pair of tampering and stage but candidates", () => {
    expect(attacks()).toHaveLength(TAMPERINGS.length * 7);
    return start();
  });
});

describe("what a tampering does", () => {
  afterEach(end);

  test("reorder swaps a blob with its sender's next one", async () => {
    await start(tamperOnce({ tampering: "reorder", stage: "HS5" }, earlier));
    await speak();
    const [hs1, hs3, hs5, offer, candidate] = said("I");
    expect(heard("R")).toEqual([hs1, hs3, offer, hs5, candidate]);
  });

  test("reflect gives the sender its own words, and the receiver the same", async () => {
    await start(tamperOnce({ tampering: "reflect", stage: "HS2" }, earlier));
    await speak();
    expect(heard("R")).toContain(said("R")[0]);
    expect(heard("I")).toEqual(said("R"));
  });

  test("swap-role changes the third byte and nothing else", async () => {
    await start(tamperOnce({ tampering: "swap-role", stage: "offer" }, earlier));
    await speak();
    const changed = SCRIPT[5].blob.slice();
    changed[2] = 1;
    expect(heard("R")[3]).toBe(print(dataOf(changed)));
  });

  test("replay brings the blob that stood at that stage in another session", async () => {
    await start(tamperOnce({ tampering: "replay", stage: "HS4" }, earlier));
    await speak();
    expect(heard("I")[1]).toBe(print(dataOf(handshakeBlob("R", 0xee))));
  });
});

describe("a server that lies", () => {
  afterEach(end);

  test.each(Object.keys(FORGERIES) as (keyof typeof FORGERIES)[])(
    "%s is heard by both before the blob of its stage",
    async (forgery) => {
      await start(forgeOnce(forgery, "HS3"));
      await speak();
      for (const side of ["I", "R"] as const) expect(both[side].got).toContainEqual(FORGERIES[forgery]);
      expect(heard("R")).toEqual(expect.arrayContaining(said("I")));
    },
  );

  test.each(Object.keys(INIT_LIES) as (keyof typeof INIT_LIES)[])(
    "%s is told to one side only",
    async (lie) => {
      const adversary = lieInInit(lie, ["R"]);
      await start(adversary);
      expect(adversary.hasActed).toBe(true);
      expect(both.I.got[0]).toEqual({
        type: "init",
        seat: 0,
        initiator: true,
        connection_id: "a".repeat(32),
      });
      const truth = { type: "init", seat: 1, initiator: false, connection_id: "a".repeat(32) };
      expect(both.R.got[0]).not.toEqual(truth);
      expect(both.R.got[0]).toEqual(JSON.parse(JSON.stringify(INIT_LIES[lie].change(truth))));
    },
  );
});
