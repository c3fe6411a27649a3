import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { equalBytes, wipe } from "./bytes.ts";
import type { DhKeyPair } from "./dh.ts";
import {
  formatHandshake,
  type HandshakeMessage,
  HS_NONCE_BYTES,
  HSID_BYTES,
  parseHandshake,
  withoutTag,
} from "./handshake-messages.ts";
import type { KemKeyPair } from "./kem.ts";
import type { PskKind } from "./keys.ts";
import { deriveSas, type SasIndices } from "./sas.ts";
import {
  commitment,
  conclude,
  type SessionSecrets,
  startTranscript,
  stepTranscript,
  wipeSession,
} from "./schedule.ts";
import type { HandshakeSource } from "./source.ts";

/**
 * A handshake is one attempt, of either side: spec/3-session.md §3. Messages go in and messages come out; it does no
 * I/O and knows no clock. Feed it one message at a time. After a throw or `wipe()` nothing secret is left in it.
 */
export interface Handshake {
  /** Undefined for the responder until HS1 has come. */
  readonly hsid: Bytes | undefined;
  /** Whether the other side can know this attempt's safety words by now. From then on the attempt counts. */
  readonly counts: boolean;
  readonly isWiped: boolean;
  /** @throws the codes of §3's table of refusals; the attempt is then over */
  receive(message: Bytes): Promise<HandshakeOutcome>;
  wipe(): void;
}

export type HandshakeOutcome =
  /** The message belongs to another attempt: it is late or replayed. */
  | { type: "discarded" }
  | { type: "reply"; message: Bytes }
  /** `message` is the initiator's HS5, to be sent before anything else. The secrets are the caller's now. */
  | { type: "authenticated"; message?: Bytes; agreed: Agreed };

export type Agreed = { secrets: SessionSecrets; words: SasIndices };

/** `psk` stays the caller's and must outlive the attempt. */
export type HandshakeSetup = { psk: Bytes; kind: PskKind; room: Bytes };

/** Begin as the initiator. `hs1` is the message to begin with. */
export async function initiate(
  setup: HandshakeSetup,
  source: HandshakeSource,
): Promise<{ handshake: Handshake; hs1: Bytes }> {
  const hsid = source.randomBytes(HSID_BYTES);
  const dh = await source.generateDh();
  const kem = await source.kem.generate();
  const hs3 = {
    type: 3,
    hsid,
    pkI: dh.publicKey,
    ekI: kem.ek,
    nI: source.randomBytes(HS_NONCE_BYTES),
  } as const;
  const commit = await commitment({ room: setup.room, ...hs3 });
  const hs1 = formatHandshake({ type: 1, hsid, kind: setup.kind, commit });
  const th0 = await startTranscript(setup.kind, setup.room);
  const th1 = await stepTranscript(th0, hs1);
  const keys = { dh, kem, hs3: formatHandshake(hs3) };
  return { handshake: new Initiator(setup, hsid, { step: "hs2", th0, th1, ...keys }), hs1 };
}

/** Begin as the responder, who waits for HS1. */
export function respond(setup: HandshakeSetup, source: HandshakeSource): Handshake {
  return new Responder(setup, source);
}

type At<State, Step> = Extract<State, { step: Step }>;
type Said<Type> = Extract<HandshakeMessage, { type: Type }>;

type InitiatorState =
  | { step: "hs2"; th0: Bytes; th1: Bytes; dh: DhKeyPair; kem: KemKeyPair; hs3: Bytes }
  | { step: "hs4"; th0: Bytes; th3: Bytes; shared: Bytes; kem: KemKeyPair }
  | { step: "over" };

class Initiator implements Handshake {
  readonly hsid: Bytes;
  readonly #setup: HandshakeSetup;
  #state: InitiatorState;
  counts = false;
  isWiped = false;

  constructor(setup: HandshakeSetup, hsid: Bytes, state: InitiatorState) {
    this.#setup = setup;
    this.hsid = hsid;
    this.#state = state;
  }

  receive(message: Bytes): Promise<HandshakeOutcome> {
    return guarded(this, async () => {
      const parsed = parseHandshake(message);
      if (!equalBytes(parsed.hsid, this.hsid)) return DISCARDED;
      const state = this.#state;
      if (state.step === "hs2" && parsed.type === 2) return this.#onHs2(state, parsed, message);
      if (state.step === "hs4" && parsed.type === 4) return this.#onHs4(state, parsed, message);
      throw outOfOrder();
    });
  }

  async #onHs2(
    state: At<InitiatorState, "hs2">,
    { pkR }: Said<2>,
    message: Bytes,
  ): Promise<HandshakeOutcome> {
    const { th0, th1, dh, kem, hs3 } = state;
    const shared = await dh.derive(pkR); // This comes before HS3, because a key that cannot be used must not cost an attempt.
    const th3 = await stepTranscript(await stepTranscript(th1, message), hs3);
    this.#state = { step: "hs4", th0, th3, shared, kem };
    this.counts = true;
    return { type: "reply", message: hs3 };
  }

  async #onHs4(
    { th0, th3, shared, kem }: At<InitiatorState, "hs4">,
    { ct, tagR }: Said<4>,
    message: Bytes,
  ): Promise<HandshakeOutcome> {
    const ss = await kem.decapsulate(ct);
    const { psk } = this.#setup;
    const ending = await conclude({ th0, th3, psk, dh: shared, ss, hs4Untagged: withoutTag(message) });
    if (!equalBytes(tagR, ending.tagR)) {
      wipeSession(ending.secrets);
      throw new NullroomError("E_HS_CONFIRM", "the responder's tag is wrong");
    }
    const words = await deriveSas(th3);
    this.wipe();
    const hs5 = formatHandshake({ type: 5, hsid: this.hsid, tagI: ending.tagI });
    return { type: "authenticated", message: hs5, agreed: { secrets: ending.secrets, words } };
  }

  wipe(): void {
    this.isWiped = true;
    const state = this.#state;
    if (state.step !== "over") state.kem.wipe();
    if (state.step === "hs4") wipe(state.shared);
    this.#state = { step: "over" };
  }
}

type ResponderState =
  | { step: "hs1" }
  | { step: "hs3"; hsid: Bytes; th0: Bytes; th2: Bytes; commit: Bytes; dh: DhKeyPair }
  | { step: "hs5"; hsid: Bytes; tagI: Bytes; agreed: Agreed }
  | { step: "over" };

class Responder implements Handshake {
  readonly #setup: HandshakeSetup;
  readonly #source: HandshakeSource;
  #state: ResponderState = { step: "hs1" };
  hsid: Bytes | undefined;
  counts = false;
  isWiped = false;

  constructor(setup: HandshakeSetup, source: HandshakeSource) {
    this.#setup = setup;
    this.#source = source;
  }

  receive(message: Bytes): Promise<HandshakeOutcome> {
    return guarded(this, async () => {
      const parsed = parseHandshake(message);
      const state = this.#state;
      if (state.step === "hs1" && parsed.type === 1) return this.#onHs1(parsed, message);
      if (this.hsid === undefined || !equalBytes(parsed.hsid, this.hsid)) return DISCARDED;
      if (state.step === "hs3" && parsed.type === 3) return this.#onHs3(state, parsed, message);
      if (state.step === "hs5" && parsed.type === 5) return this.#onHs5(state, parsed);
      throw outOfOrder();
    });
  }

  async #onHs1({ kind, commit, ...hs1 }: Said<1>, message: Bytes): Promise<HandshakeOutcome> {
    const { room } = this.#setup;
    if (kind !== this.#setup.kind) throw new NullroomError("E_SEAL", "sealed under another kind of key");
    const hsid = hs1.hsid.slice();
    const dh = await this.#source.generateDh();
    const nR = this.#source.randomBytes(HS_NONCE_BYTES);
    const hs2 = formatHandshake({ type: 2, hsid, pkR: dh.publicKey, nR });
    const th0 = await startTranscript(kind, room);
    const th2 = await stepTranscript(await stepTranscript(th0, message), hs2);
    this.#state = { step: "hs3", hsid, th0, th2, commit: commit.slice(), dh };
    this.hsid = hsid;
    this.counts = true;
    return { type: "reply", message: hs2 };
  }

  async #onHs3(
    { hsid, th0, th2, commit, dh }: At<ResponderState, "hs3">,
    hs3: Said<3>,
    message: Bytes,
  ): Promise<HandshakeOutcome> {
    const { room, psk } = this.#setup;
    if (!equalBytes(commit, await commitment({ room, ...hs3 }))) {
      throw new NullroomError("E_HS_COMMIT", "not what HS1 committed to");
    }
    const shared = await dh.derive(hs3.pkI);
    const { ct, ss } = await this.#source.kem.encapsulate(hs3.ekI);
    const th3 = await stepTranscript(th2, message);
    const hs4Untagged = withoutTag(formatHandshake({ type: 4, hsid, ct, tagR: new Uint8Array(32) }));
    // The initiator's tag follows from what is known now, so the responder concludes at once and keeps no higher key.
    const { tagR, tagI, secrets } = await conclude({ th0, th3, psk, dh: shared, ss, hs4Untagged });
    this.#state = { step: "hs5", hsid, tagI, agreed: { secrets, words: await deriveSas(th3) } };
    return { type: "reply", message: formatHandshake({ type: 4, hsid, ct, tagR }) };
  }

  async #onHs5({ tagI, agreed }: At<ResponderState, "hs5">, hs5: Said<5>): Promise<HandshakeOutcome> {
    if (!equalBytes(hs5.tagI, tagI)) throw new NullroomError("E_HS_CONFIRM", "the initiator's tag is wrong");
    this.#state = { step: "over" };
    return { type: "authenticated", agreed };
  }

  wipe(): void {
    this.isWiped = true;
    if (this.#state.step === "hs5") wipeSession(this.#state.agreed.secrets);
    this.#state = { step: "over" };
  }
}

const DISCARDED: HandshakeOutcome = { type: "discarded" };
const outOfOrder = () => new NullroomError("E_SIGNAL_SEQ", "handshake message out of order");

/**
 * Every failure is final: the secrets of the attempt are wiped before the error leaves it. A step that was under way
 * during `wipe()` may have put new ones there, which are wiped as well.
 */
async function guarded<T>(handshake: Handshake, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    handshake.wipe();
    throw error;
  } finally {
    if (handshake.isWiped) handshake.wipe();
  }
}
