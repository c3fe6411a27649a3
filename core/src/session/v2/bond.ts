import type { Bytes } from "../../brand.ts";
import type { SessionSecrets } from "../../crypto/schedule.ts";
import { NullroomError } from "../../errors.ts";
import type { TalkFrame } from "../../wire/frames.ts";
import type { SignalBody } from "../../wire/signal-body.ts";
import type { BondEvent, BondOptions } from "./bond-options.ts";
import { Contact } from "./contact.ts";
import type { ContactEvent } from "./contact-options.ts";
import { isLeaving } from "./endings.ts";
import { LANES, RESTARTS_ICE } from "./hello.ts";
import { RecoveryDriver } from "./recovery-driver.ts";
import { introduced, type RecoveryCommand, type RecoveryEvent } from "./recovery-state.ts";
import { Reunion, type ReunionEvent } from "./reunion.ts";
import { HELLO_TIMEOUT_MS } from "./timing.ts";

/**
 * What holds two together from the moment in which they have proved themselves to each other: the contact that is in
 * use, and whatever it takes to have it back when it fails. Decides nothing: `recovery.ts` does. spec/3-session.md §8.
 */
export class Bond {
  readonly #options: BondOptions;
  readonly #lifetime = new AbortController();
  readonly #reunion: Reunion;
  readonly #recovery: RecoveryDriver;
  #contact: Contact | undefined;
  /** R's, until I's first record over the new one: so long I may not know of the new keys. */
  #old: Contact | undefined;
  #wasSecure = false;

  constructor(options: BondOptions) {
    this.#options = options;
    const { role, platform } = options.contact;
    const now = () => platform.now();
    this.#reunion = new Reunion({ ...options, onEvent: (event) => this.#hearReunion(event) });
    this.#recovery = new RecoveryDriver({
      now,
      signal: this.#lifetime.signal,
      first: introduced(role, now(), now() + HELLO_TIMEOUT_MS),
      onCommand: (command) => this.#run(command),
    });
  }

  get wasSecure(): boolean {
    return this.#wasSecure;
  }

  /** A goodbye would have to go by way of the server. */
  get needsCable(): boolean {
    return !(this.#contact?.carries && this.#recovery.giveUpAt === undefined);
  }

  /** The first contact, under the keys of the first handshake. `rk` and `resume` are in the keyring already. */
  async meet({ rec, sealI, sealR }: SessionSecrets): Promise<void> {
    let opened: Contact | undefined;
    opened = await Contact.open({
      ...this.#options.contact,
      secrets: { rec, sealI, sealR },
      isFirst: true,
      onEvent: (event) => this.#hearContact(opened, event),
    });
    if (this.#isOver) opened.drop();
    else this.#contact = opened;
  }

  /** A phase-0 blob. False where it is nothing of ours. */
  hearCall(blob: Bytes): Promise<boolean> {
    return this.#reunion.hearCall(blob);
  }

  /**
   * A phase-1 blob, under the newest keys that open it.
   * @throws "E_SEAL", "E_SIGNAL_SEQ", "E_SDP_POLICY" before the first HELLO, where it must fit
   */
  async hearSignal(blob: Bytes): Promise<void> {
    if (await this.#reunion.hearSignal(blob)) return;
    if (await this.#contact?.hear(blob)) return;
    await this.#old?.hear(blob);
  }

  /** What the line or the world says; whether it means anything is the table's to say. */
  hear(
    event: Extract<
      RecoveryEvent,
      { type: "proof" | "silence" | "woke" | "network-changed" | "reintroduced" | "refused" }
    >,
  ): void {
    this.#recovery.hear(event);
  }

  /** No more of it. Idempotent. */
  drop(): void {
    this.#forget();
    this.#contact?.drop();
  }

  /** As `drop`, after a last word as far as that needs no waiting. */
  async part(last: TalkFrame | undefined): Promise<void> {
    const contact = this.#contact;
    const { needsCable } = this;
    if (last && isLeaving(last)) for (const each of [contact, this.#old]) each?.sayGoodbye();
    // Which keys the other side has by now, only it knows.
    if (last && needsCable) await this.#sayToAll({ t: "bye" }, [this.#reunion.contact, this.#old]);
    this.#forget();
    await contact?.part(last, !needsCable);
  }

  get #isOver(): boolean {
    return this.#lifetime.signal.aborted;
  }

  #forget(): void {
    this.#lifetime.abort();
    this.#reunion.close();
    this.#old?.drop();
    this.#options.keyring.wipe();
  }

  #hearContact(contact: Contact | undefined, event: ContactEvent): void | Promise<void> {
    if (contact === undefined || contact !== this.#contact) return;
    switch (event.type) {
      case "step":
      case "goodbye":
        return this.#tell(event);
      case "secured":
        return this.#secure(contact, event);
      case "ctl":
      case "marker":
        this.#settle();
        return this.#tell(event);
      case "connection":
        return this.#recovery.hearConnection(event.state);
      case "closed":
        return this.#recovery.hear({ type: contact.isConnected ? "closed-by-peer" : "dead" });
      case "asked":
      case "restarted":
        return this.#recovery.hear(event);
      case "failed":
        return this.#failed(event.error);
      default:
        event satisfies never;
    }
  }

  /** Before the first HELLO only a connection that did not come about is repaired, with somebody who can. */
  #failed(error: NullroomError): void | Promise<void> {
    const canRepair = this.#options.contact.role === 1 || this.#contact?.hasHeard === true;
    if (this.#wasSecure || error.code !== "E_CHANNEL" || !canRepair) {
      return this.#tell({ type: "failed", error });
    }
    this.#recovery.hear({ type: "call-failed" });
  }

  #hearReunion(event: ReunionEvent): void | Promise<void> {
    switch (event.type) {
      case "answered":
        return this.#recovery.hear({ type: "call-answered" });
      case "agreed":
        this.#contact?.hangUp();
        return this.#recovery.hear({ type: "agreed" });
      case "failed":
        return this.#recovery.hear({ type: "call-failed" });
      case "secured":
        return this.#secureAgain(event);
      case "contact":
        if (event.contact === this.#contact) return this.#hearContact(event.contact, event.event);
        return this.#hearNewContact(event.event);
      default:
        event satisfies never;
    }
  }

  /** Of a contact that is not in use yet. */
  #hearNewContact(event: ContactEvent): void | Promise<void> {
    if (event.type === "step" && event.step === "channel") this.#recovery.hear({ type: "new-connected" });
    if (event.type === "step" && !this.#wasSecure) return this.#tell(event);
    if (event.type === "asked") return this.#recovery.hear(event);
    if (event.type === "goodbye") return this.#tell(event);
  }

  #secureAgain({ contact, event }: Extract<ReunionEvent, { type: "secured" }>): void | Promise<void> {
    const old = this.#contact;
    this.#contact = contact;
    this.#old?.drop();
    if (this.#options.contact.role === 0) old?.drop();
    else this.#old = old;
    return this.#secure(contact, event);
  }

  #secure(contact: Contact, { hello }: Extract<ContactEvent, { type: "secured" }>): void | Promise<void> {
    const { transport, signal } = contact;
    const fingerprints = transport?.fingerprints;
    if (transport === undefined || fingerprints === undefined) return;
    this.#wasSecure = true;
    const features = hello.features & this.#options.contact.hello().features;
    this.#recovery.setCanRestart((features & RESTARTS_ICE) !== 0);
    this.#recovery.hear({ type: "secured" });
    const { keyring, words, source } = this.#options;
    const lanes = (features & LANES) === 0 ? undefined : this.#recovery;
    const secured = { transport, fingerprints, words, hello, keyring, source, lanes, signal };
    return this.#tell({ type: "secured", secured });
  }

  /** R's: a record of I's after HELLO proves that I has R's, and with it the new keys. */
  #settle(): void {
    if (this.#old === undefined) return;
    this.#old.drop();
    this.#old = undefined;
    this.#options.keyring.keepNewest();
  }

  #run(command: RecoveryCommand): void | Promise<void> {
    switch (command) {
      case "interrupt":
        return this.#tell({ type: "interrupted", giveUpAt: this.#recovery.giveUpAt ?? 0 });
      case "resume":
        return this.#tell({ type: "resumed" });
      case "probe":
        return this.#tell({ type: "probe" });
      case "restart":
        return this.#contact?.transport?.restart();
      case "ask-restart":
        return this.#ask(1);
      case "call":
        return this.#reunion.call();
      case "ask-call":
        return this.#ask(2);
      case "drop-call":
        return this.#reunion.drop();
      case "give-up":
        return this.#tell(this.#wasSecure ? { type: "lost" } : { type: "failed", error: noWay() });
      default:
        command satisfies never;
    }
  }

  /** Under every key that the other side may have by now: it discards what it cannot open. */
  #ask(level: 1 | 2): Promise<void> {
    return this.#sayToAll({ t: "ask", level }, [this.#reunion.contact, this.#contact, this.#old]);
  }

  async #sayToAll(body: SignalBody, contacts: readonly (Contact | undefined)[]): Promise<void> {
    await Promise.all(contacts.map((contact) => contact?.say(body)));
  }

  #tell(event: BondEvent): void | Promise<void> {
    if (!this.#isOver) return this.#options.onEvent(event);
  }
}

function noWay(): NullroomError {
  return new NullroomError("E_CHANNEL", "no way between the two");
}
