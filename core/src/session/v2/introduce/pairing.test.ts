import fc from "fast-check";
import { expect, test } from "vitest";
import { Attempts, MAX_ATTEMPTS } from "../../../crypto/attempts.ts";
import { loadKem } from "../../../crypto/kem-load.ts";
import type { Role } from "../../../crypto/keys.ts";
import { NullroomError } from "../../../errors.ts";
import { toBase64Url } from "../../../wire/read.ts";
import { InviteSecret } from "./invite-secret.ts";
import { Pairing, type PairingEvent, type PairingOptions } from "./pairing.ts";

const ROOM = new Uint8Array(16).fill(3);
const SECRET = new Uint8Array(32).fill(5);
const RUNS = 40;

const forever = () => new Promise<never>(() => undefined);

type Person = { pairing: Pairing; said: string[]; told: PairingEvent["type"][] } & Disposable;

/** One person who knows the link. Nobody gets further than to be authenticated: the code for what follows is not there. */
async function person(role: Role, options: Partial<PairingOptions> = {}): Promise<Person> {
  const said: string[] = [];
  const told: PairingEvent["type"][] = [];
  const pairing = await Pairing.create({
    connection: {
      ...{ role, room: ROOM, openTransport: forever },
      engine: { attach: () => expect.unreachable("nobody gets as far as to files") },
      hello: () => ({ features: 0, maxFile: 0, ttlSeconds: 900 }),
      say: (blob) => said.push(toBase64Url(blob)),
    },
    platform: {} as PairingOptions["platform"],
    kem: loadKem(),
    loadSecurePeer: () => Promise.reject(new NullroomError("E_SERVER", "not there")),
    secret: new InviteSecret(SECRET.slice()),
    attempts: new Attempts(),
    onEvent: ({ type }) => void told.push(type),
    ...options,
  });
  return { pairing, said, told, [Symbol.dispose]: () => void pairing.close() };
}

/** Somebody else with the link begins, and the responder hears the first message. */
async function beginsWith(responder: Person): Promise<Person> {
  const initiator = await person(0);
  await initiator.pairing.begin();
  await responder.pairing.hearSignal(initiator.said[0]);
  return initiator;
}

test("the fourth handshake that would begin ends it for the responder too, while the third is still under way", async () => {
  using responder = await person(1);
  for (let i = 0; i < MAX_ATTEMPTS; i++) {
    using _ = await beginsWith(responder);
  }
  expect(responder.said).toHaveLength(MAX_ATTEMPTS);
  expect(responder.told).not.toContain("exhausted");
  using _ = await beginsWith(responder);
  expect(responder.told.at(-1)).toBe("exhausted");
  expect(responder.pairing.isIdle).toBe(true);
});

test("a responder that cannot begin, because code is missing, says so", async () => {
  const kem = Promise.reject(new NullroomError("E_SERVER", "not there"));
  kem.catch(() => undefined); // because it is awaited later, and Node calls that unhandled
  using responder = await person(1, { kem });
  using _ = await beginsWith(responder);
  expect(responder.told.at(-1)).toBe("attempt-failed");
});

test("whatever comes in whatever order, an attempt runs, or its end was told", async () => {
  const action = fc.constantFrom("first", "third", "garbage", "again", "ready", "left");
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 14 }), fc.nat(), async (actions, seed) => {
      using responder = await person(1);
      await run(responder, actions, seed);
    }),
    { numRuns: RUNS },
  );
}, 60_000);

type Action = "first" | "third" | "garbage" | "again" | "ready" | "left";

async function run(responder: Person, actions: Action[], seed: number): Promise<void> {
  const { pairing, said, told } = responder;
  const heard: (string | undefined)[] = [];
  let initiator: Person | undefined;
  const hear = async (blob: string | undefined) => {
    heard.push(blob);
    await pairing.hearSignal(blob);
  };
  const acts: Record<Action, () => Promise<void> | void> = {
    async first() {
      initiator?.pairing.close();
      initiator = await person(0);
      await initiator.pairing.begin();
      await hear(initiator.said[0]);
    },
    async third() {
      await initiator?.pairing.hearSignal(said.at(-1));
      await hear(initiator?.said.at(-1));
    },
    garbage: () => hear(toBase64Url(new Uint8Array(1_300).fill(seed))),
    again: () => hear(heard[seed % Math.max(1, heard.length)]),
    ready: () => pairing.begin(),
    left: () => pairing.cancel(),
  };
  for (const name of actions) {
    const before = told.length;
    const wasIdle = pairing.isIdle;
    const thrown = await Promise.resolve(acts[name]()).then(
      () => undefined,
      (error) => error,
    );
    // What `begin` throws ends the session: the rendezvous hands it on.
    if (thrown !== undefined || told.includes("exhausted")) break;
    const begun = told.slice(before).includes("step");
    if (pairing.isIdle && (begun || !wasIdle) && name !== "left") {
      expect(told.slice(before)).toContain("attempt-failed");
    }
    // An HS1 that nobody has seen before always begins something.
    if (name === "first") expect(!pairing.isIdle || told.length > before).toBe(true);
  }
  initiator?.pairing.close();
}
