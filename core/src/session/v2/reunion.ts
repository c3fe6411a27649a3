import type { Bytes } from "../../brand.ts";
import { equalBytes, wipe } from "../../crypto/bytes.ts";
import { parseHandshake } from "../../crypto/handshake-messages.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import type { SessionSecrets } from "../../crypto/schedule.ts";
import { HandshakeSeal } from "../../crypto/seal.ts";
import type { HandshakeSource } from "../../crypto/source.ts";
import { NullroomError } from "../../errors.ts";
import { toBase64Url } from "../../wire/read.ts";
import { Attempt } from "./attempt.ts";
import { Contact } from "./contact.ts";
import type { ContactEvent, ContactOptions } from "./contact-options.ts";

export type ReunionEvent =
  /** I has HS2, R has HS1. */
  | { type: "answered" }
  /** The old connection is to be closed. */
  | { type: "agreed" }
  | { type: "secured"; contact: Contact; event: Extract<ContactEvent, { type: "secured" }> }
  /** Of the contact that comes about, and later of the one that did. */
  | { type: "contact"; contact: Contact; event: ContactEvent }
  | { type: "failed" };

export type ReunionOptions = {
  keyring: Keyring;
  source: HandshakeSource;
  contact: Omit<ContactOptions, "secrets" | "isFirst" | "onEvent">;
  /** A returned promise is waited for. */
  onEvent: (event: ReunionEvent) => void | Promise<void>;
};

/** A handshake between two who share a `resume`, and the contact that comes of it. */
type Call = {
  /** The keyring's own, by which it is found again. */
  readonly used: Bytes;
  readonly seal: HandshakeSeal;
  readonly attempt: Attempt;
  /** Of each message the first counts: the relay may repeat what it likes. */
  readonly heard: Set<number>;
};

/**
 * L2 of spec/3-session.md §8: two who have met make themselves a new connection under a handshake with PK = 1. What
 * does not open or fit is discarded, here as everywhere once there is a conversation.
 */
export class Reunion {
  readonly #options: ReunionOptions;
  #call: Call | undefined;
  #contact: Contact | undefined;
  /** HS1 of any call that was ever heard: each opens one and no other. */
  readonly #seen = new Set<string>();
  #fresh: { rk: Bytes; resume: Bytes } | undefined;
  #isOver = false;

  constructor(options: ReunionOptions) {
    this.#options = options;
  }

  /** I's side: HS1, whatever was before it. */
  async call(): Promise<void> {
    const [used] = this.#options.keyring.resumes;
    if (used === undefined) return;
    const call = await this.#begin(used);
    await call?.attempt.begin();
  }

  /** A phase-0 blob. False where it opens under no key of ours; what opens and has no place is discarded. */
  async hearCall(blob: Bytes): Promise<boolean> {
    const opened = await this.#open(blob);
    if (opened === undefined || this.#isOver) return false;
    const { message, used } = opened;
    const { type, hsid } = parseHandshake(message);
    const isNew = type === 1 && this.#options.contact.role === 1 && this.#isNew(hsid);
    const call = isNew ? await this.#answer(used) : this.#call;
    const running = call?.attempt.hsid;
    const isOurs = isNew || (running !== undefined && equalBytes(running, hsid));
    if (call === undefined || !isOurs || call.heard.has(type)) return true;
    call.heard.add(type);
    await call.attempt.hear(message);
    return true;
  }

  /** A phase-1 blob for the contact that is coming about. */
  async hearSignal(blob: Bytes): Promise<boolean> {
    return (await this.#contact?.hear(blob)) ?? false;
  }

  /** The contact that is coming about, by whose keys the other side may be reached too. */
  get contact(): Contact | undefined {
    return this.#contact;
  }

  drop(): void {
    this.#call?.attempt.drop();
    this.#call = undefined;
    this.#contact?.drop();
    this.#contact = undefined;
    wipe(this.#fresh?.rk, this.#fresh?.resume);
    this.#fresh = undefined;
  }

  close(): void {
    this.#isOver = true;
    this.drop();
  }

  #isNew(hsid: Bytes): boolean {
    const name = toBase64Url(hsid);
    const isNew = !this.#seen.has(name);
    this.#seen.add(name);
    return isNew;
  }

  /** The running call's key first; a new call of I's may come under any `resume` that R holds. */
  async #open(blob: Bytes): Promise<{ message: Bytes; used: Bytes } | undefined> {
    const call = this.#call;
    const opened = call && (await tryOpen(call.seal, blob));
    if (call && opened) return { message: opened, used: call.used };
    if (this.#options.contact.role === 0) return undefined;
    for (const used of [...this.#options.keyring.resumes]) {
      const message = await tryOpen(await this.#sealOf(used), blob);
      if (message) return { message, used };
    }
    return undefined;
  }

  async #answer(used: Bytes): Promise<Call | undefined> {
    const call = await this.#begin(used);
    await call?.attempt.begin();
    return call;
  }

  async #begin(used: Bytes): Promise<Call | undefined> {
    const { keyring, source, contact } = this.#options;
    const { role, room, say } = contact;
    const seal = await this.#sealOf(used);
    this.drop();
    // A re-key or an end may have come in between.
    if (this.#isOver || !keyring.resumes.includes(used)) return undefined;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: used, kind: 1, room },
      seal,
      source,
      say,
      onProof: () => this.#admit(call),
      onEvent: (event) => {
        if (attempt !== this.#call?.attempt) {
          if (event.type === "authenticated") forget(event.secrets);
          return;
        }
        if (event.type === "counts") return this.#options.onEvent({ type: "answered" });
        if (event.type === "failed") return this.#fail();
        return this.#agree(call, event.secrets);
      },
    });
    const call: Call = { used, seal, attempt, heard: new Set() };
    this.#call = call;
    return call;
  }

  /**
   * Before HS5, and at once: a re-key over the old connection may have replaced the secret of this very call, and none
   * may do so from here on. @throws "E_REKEY"
   */
  #admit(call: Call): void {
    if (call !== this.#call) return; // It is being dropped.
    if (!this.#options.keyring.resumes.includes(call.used)) {
      throw new NullroomError("E_REKEY", "the call is older than the secrets");
    }
    void this.#options.onEvent({ type: "agreed" });
  }

  /** R's old secrets give way at once, as far as I can be without them; I's when R's HELLO has come. */
  async #agree(call: Call, { rec, rk, resume, sealI, sealR }: SessionSecrets): Promise<void> {
    const { keyring } = this.#options;
    wipe(keyring.rk);
    if (this.#options.contact.role === 1) keyring.succeed(call.used, { rk, resume });
    else this.#fresh = { rk, resume };
    let opened: Contact | undefined;
    opened = await Contact.open({
      ...this.#options.contact,
      secrets: { rec, sealI, sealR },
      isFirst: false,
      onEvent: (event) => this.#hearContact(opened, event),
    });
    if (this.#call === call && !this.#isOver) this.#contact = opened;
    else opened.drop();
  }

  #hearContact(contact: Contact | undefined, event: ContactEvent): void | Promise<void> {
    if (contact === undefined) return;
    if (contact === this.#contact && event.type === "secured") return this.#secure(event);
    if (contact === this.#contact && event.type === "failed") return this.#fail();
    return this.#options.onEvent({ type: "contact", contact, event });
  }

  #secure(event: Extract<ContactEvent, { type: "secured" }>): void | Promise<void> {
    const { keyring, onEvent } = this.#options;
    const [contact, call, fresh] = [this.#contact, this.#call, this.#fresh];
    if (contact === undefined || call === undefined) return;
    this.#contact = undefined; // It is the listener's from here on.
    this.#fresh = undefined;
    if (fresh) {
      keyring.succeed(call.used, fresh);
      keyring.keepNewest();
    }
    this.drop();
    return onEvent({ type: "secured", contact, event });
  }

  #fail(): void | Promise<void> {
    this.drop();
    if (!this.#isOver) return this.#options.onEvent({ type: "failed" });
  }

  #sealOf(used: Bytes): Promise<HandshakeSeal> {
    const { role, room } = this.#options.contact;
    return HandshakeSeal.create({ psk: used, kind: 1, room, role });
  }
}

/** Undefined where it does not open, which is no failure: it may be meant for another key, or for nobody. */
async function tryOpen(seal: HandshakeSeal, blob: Bytes): Promise<Bytes | undefined> {
  try {
    return await seal.open(blob);
  } catch (thrown) {
    if (thrown instanceof NullroomError) return undefined;
    throw thrown;
  }
}

function forget({ rec, rk, resume, sealI, sealR }: SessionSecrets): void {
  wipe(rec, rk, resume, sealI, sealR);
}
