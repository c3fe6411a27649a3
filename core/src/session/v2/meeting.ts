import type { Bytes } from "../../brand.ts";
import { Attempts } from "../../crypto/attempts.ts";
import { asNullroomError, type ErrorCode } from "../../errors.ts";
import { Serial } from "../../lifetime.ts";
import type { TalkFrame } from "../../wire/frames.ts";
import { toBase64Url } from "../../wire/read.ts";
import type { SeatInit } from "../../wire/room-messages.ts";
import { rtcConfiguration } from "../room-api.ts";
import type { Bond } from "./bond.ts";
import type { ContactOptions } from "./contact-options.ts";
import { featuresOf } from "./hello.ts";
import { Introduction } from "./introduction.ts";
import { roomBytes } from "./link-secret.ts";
import type { IntroductionEvent, MeetingEvent, MeetingOptions } from "./meeting-event.ts";
import { type SeatEvent, SeatHolder } from "./seat.ts";

/**
 * Two people in a protocol 2 room as the server has it: the seat, who is there, and what of that counts when. Its
 * table is spec/3-session.md §2. Once secure, whatever the server says is a hint.
 */
export class Meeting {
  readonly #options: MeetingOptions;
  /** Its own: a goodbye may outlive the session by a moment. `leave` ends it. */
  readonly #lifetime = new AbortController();
  readonly #room: Bytes;
  readonly #seat: SeatHolder;
  readonly #work: Serial;
  #init: SeatInit | undefined;
  #introduction: Introduction | undefined;
  #attempts = new Attempts();
  /** Somebody new has taken the other's seat while the conversation was still open. */
  #hasNewcomer = false;
  #isRefused = false;
  #hasLeft = false;

  constructor(options: MeetingOptions) {
    this.#options = options;
    const { platform, roomId, seat, admit } = options;
    const { signal } = this.#lifetime;
    this.#room = roomBytes(roomId);
    this.#work = new Serial(signal, (thrown) => this.#end(asNullroomError(thrown, "E_CHANNEL", "").code));
    const onEvent = (event: SeatEvent) => this.#work.run(() => this.#hear(event));
    this.#seat = new SeatHolder({ platform, roomId, seat, admit, signal, onEvent });
  }

  /** One more attempt, by a click. R's side of it begins with the other's HS1. */
  retry(): void {
    this.#work.run(async () => {
      if (this.#introduction?.isIdle && this.#init?.seat === 0) await this.#introduction.begin();
    });
  }

  /** Free R's seat, by a click: for somebody who came with the link and gets no further. */
  sendOut(): void {
    this.#work.run(() => {
      if (this.#bond || this.#init?.seat !== 0) return;
      this.#seat.say({ action: "evict" });
      this.#alone();
    });
  }

  /** Somebody looks at the page again, or the network has changed: the server's line and the other one alike. */
  wake(isNetworkNew: boolean): void {
    this.#seat.wake();
    this.#bond?.hear(isNetworkNew ? { type: "network-changed" } : { type: "woke", sleptMs: 0 });
  }

  /** The last PING was answered, or several were not. */
  hearLine(type: "proof" | "silence"): void {
    this.#bond?.hear({ type });
  }

  /** The operator lets the link be used again, and this side still has its seat. */
  get mayStartOver(): boolean {
    return this.#init?.rejoin === true && !this.#isRefused;
  }

  /** The conversation is over and the room is not: whoever has the link may come. The seat stays. */
  startOver(): void {
    void this.#introduction?.close()?.part(undefined); // The answer to a goodbye has yet to leave.
    this.#introduction = undefined;
    this.#work.run(async () => {
      this.#attempts = new Attempts();
      if (this.#init === undefined || this.#hasLeft) return;
      const introduction = await this.#prepare(this.#init);
      if (!this.#hasNewcomer) return;
      this.#hasNewcomer = false;
      await introduction.begin();
    });
  }

  /**
   * Leave, with a last word where there is somebody to hear it; nothing is told to the session any more. Resolves
   * when the server has heard it too, or shortly after at the latest.
   */
  async leave(last: TalkFrame | undefined, destroy: boolean): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const bond = this.#introduction?.close();
    const needsCable = bond?.needsCable === true;
    const parted = bond?.part(last);
    if (needsCable) await parted;
    if (destroy) this.#seat.say({ action: "destroy" });
    const left = this.#seat.leave();
    this.#lifetime.abort();
    await Promise.all([parted, left]);
  }

  async #hear(event: SeatEvent): Promise<void> {
    switch (event.type) {
      case "seated":
        return this.#seated(event.init);
      case "peer-ready":
        if (this.#introduction && !this.#isSecure) return this.#introduction.begin();
        this.#hasNewcomer = true;
        return this.#bond?.hear({ type: "reintroduced" });
      case "peer-back":
        return this.#isSecure ? this.#bond?.hear({ type: "reintroduced" }) : undefined;
      case "peer-left":
        this.#hasNewcomer = false;
        return this.#peerLeft(event.reason === "destroyed");
      case "signal":
        return this.#introduction?.hear(event.data);
      case "intruder":
        return this.#tell({ type: "intruder" });
      case "lost":
        return this.#bond ? undefined : this.#alone();
      case "refused":
        this.#isRefused = true;
        if (this.#isSecure) return this.#bond?.hear({ type: "refused" });
        return this.#bond ? undefined : this.#end(event.code);
      default:
        event satisfies never;
    }
  }

  /** While there is one, what the server says is a hint: the two have found each other. */
  get #bond(): Bond | undefined {
    return this.#introduction?.bond;
  }

  get #isSecure(): boolean {
    return this.#bond?.wasSecure === true;
  }

  async #seated(init: SeatInit): Promise<void> {
    const isFirst = this.#init === undefined;
    const hasMoved = this.#init?.seat !== init.seat;
    this.#init = init;
    this.#isRefused = false;
    if (this.#isSecure) {
      this.#seat.say({ action: "established" });
      this.#bond?.hear({ type: "reintroduced" });
      return;
    }
    if (hasMoved) await this.#prepare(init);
    await this.#tell({ type: "seated", init });
    if (isFirst) await this.#tell({ type: "alone" });
  }

  async #prepare({ seat }: SeatInit): Promise<Introduction> {
    this.#introduction?.close()?.drop();
    const { link, kem } = this.#options;
    const introduction = await Introduction.prepare({
      contact: this.#contactOptions(seat),
      link,
      kem,
      attempts: this.#attempts,
      // Not through #work: an attempt speaks while a message of #work is being handed to it.
      onEvent: (event) => this.#hearIntroduction(event),
    });
    if (this.#hasLeft) introduction.close();
    this.#introduction = introduction;
    return introduction;
  }

  #contactOptions(role: ContactOptions["role"]): Omit<ContactOptions, "secrets" | "isFirst" | "onEvent"> {
    const { platform, desk, hideAddress, ttlSeconds } = this.#options;
    return {
      platform,
      desk,
      role,
      room: this.#room,
      configuration: () => rtcConfiguration(this.#init?.iceServers ?? [], hideAddress),
      hello: () => ({
        features: featuresOf(platform),
        maxFile: this.#init?.fileSharing ? this.#init.fileSizeLimit : 0,
        ttlSeconds: ttlSeconds(),
      }),
      say: (blob) => this.#seat.say({ action: "send_signal", data: toBase64Url(blob) }),
    };
  }

  #hearIntroduction(event: IntroductionEvent): void | Promise<void> {
    switch (event.type) {
      case "exhausted":
        return this.#end("E_HS_TAMPER");
      case "parted":
        return this.#alone();
      case "secured":
        this.#seat.keepTrying();
        this.#seat.say({ action: "established" });
        return this.#tell(event);
      default:
        return this.#tell(event);
    }
  }

  #peerLeft(destroyed: boolean): void {
    if (this.#bond) return;
    if (destroyed) void this.#tell({ type: "ended", reason: { type: "peer-destroyed" } });
    else this.#alone();
  }

  #alone(): void {
    this.#introduction?.drop();
    if (this.#init) void this.#tell({ type: "alone" });
  }

  #end(code: ErrorCode): void {
    void this.#tell({ type: "ended", reason: { type: "failed", code } });
  }

  #tell(event: MeetingEvent): void | Promise<void> {
    if (!this.#hasLeft) return this.#options.onEvent(event);
  }
}
