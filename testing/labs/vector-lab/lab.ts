import { availableKems, checkRoundTrips, runVectorFile } from "@nullroom/core/testing/vector-runner";
import {
  type Handshake,
  type HandshakeOutcome,
  initiate,
  respond,
} from "../../../core/src/crypto/handshake.ts";
import type { Kem } from "../../../core/src/crypto/kem.ts";
import { freshSource } from "../../../core/src/crypto/source.ts";
import { fromHex, toHex } from "../../../core/src/testing/hex.ts";

/** What a test can ask of a runtime, be it a page or this process. Arguments and answers are plain JSON. */
export type Lab = typeof lab;
export type KemKind = Kem["kind"];
export type Link = { secret: string; room: string };

/** What both sides of a handshake must agree on, in hex. */
export type Agreement = { words: string; secrets: string };
export type Turn = { reply?: string; agreement?: Agreement };

/** One handshake of each role, since both sides may run in one runtime. */
const handshakes = new Map<"I" | "R", Handshake>();

export const lab = {
  kinds: async (): Promise<KemKind[]> => (await availableKems()).map(({ kind }) => kind),

  /** Whether the runtime itself says that it has ML-KEM-768, asked without the code under test. */
  saysNative(): boolean {
    const supports: unknown = Reflect.get(SubtleCrypto, "supports");
    return (
      typeof supports === "function" && supports.call(SubtleCrypto, "encapsulateBits", "ML-KEM-768") === true
    );
  },

  /** @param file - one vector file, parsed */
  run: async (kind: KemKind, file: unknown) => runVectorFile(file, await kemOf(kind)),

  roundTrips: async () => checkRoundTrips(await availableKems()),

  /** Begin a handshake as the initiator. @returns HS1 */
  async initiate(kind: KemKind, link: Link): Promise<string> {
    const start = await initiate(setupOf(link), freshSource(await kemOf(kind)));
    handshakes.set("I", start.handshake);
    return toHex(start.hs1);
  },

  async respond(kind: KemKind, link: Link): Promise<void> {
    handshakes.set("R", respond(setupOf(link), freshSource(await kemOf(kind))));
  },

  async hearMessage(side: "I" | "R", message: string): Promise<Turn> {
    const handshake = handshakes.get(side);
    if (handshake === undefined) throw new Error("no handshake has begun");
    return turnOf(await handshake.receive(fromHex(message)));
  },
};

async function kemOf(kind: KemKind): Promise<Kem> {
  const kem = (await availableKems()).find((one) => one.kind === kind);
  if (kem === undefined) throw new Error(`this runtime has no ${kind} ML-KEM`);
  return kem;
}

function setupOf({ secret, room }: Link) {
  return { psk: fromHex(secret), kind: 0, room: fromHex(room) } as const;
}

function turnOf(outcome: HandshakeOutcome): Turn {
  if (outcome.type === "discarded") throw new Error("the message was discarded");
  const reply = outcome.message && { reply: toHex(outcome.message) };
  if (outcome.type === "reply") return { ...reply };
  const { words, secrets } = outcome.agreed;
  const { rec, rk, resume, sealI, sealR } = secrets;
  const agreement = {
    words: words.join(" "),
    secrets: [rec, rk, resume, sealI, sealR].map(toHex).join(" "),
  };
  return { ...reply, agreement };
}
