import { asNullroomError } from "@nullroom/core/errors";
import { QUIET_BYTES } from "@nullroom/core/files/choose-destination";
import type { Session, Transfer, TransferId } from "@nullroom/core/session";
import { errors } from "../../say/errors.ts";
import { files } from "../../say/files.ts";
import { type FileAction, fileView, updateFile } from "../../views/file.ts";
import { pictureView } from "../../views/picture.ts";
import { save } from "../../views/save.ts";
import { type OfferInspection, OfferInspector } from "../save/offer-inspector.ts";
import type { ChosenContent } from "../select/chosen-content.ts";
import { offer } from "../select/offer.ts";
import { preview } from "./preview.ts";

type Card = {
  readonly view: HTMLElement;
  transfer: Transfer;
  look: OfferInspection | undefined;
  /** When bytes of it last moved. */
  movedAt: number;
  /** What is shown may not be the newest. */
  isStale: boolean;
  /** It is opened for the browser to save: with a large one that takes a while. */
  isReadying: boolean;
};

export type TransferListOptions = {
  session: Session;
  log: HTMLElement;
  now: () => number;
  signal: AbortSignal;
  /** Say what did not work; nothing when somebody tries anew. */
  onProblem: (problem: string) => void;
};

/** Bytes come a thousand times a second; a person reads four times. */
const SHOW_MS = 250;
const STALLED_MS = 3_000;
/** Offers that were taken back before anybody answered: the last few are shown, or somebody could fill the page. */
const WITHDRAWN_SHOWN = 16;

/** The files of a conversation: shown as they change, and what is done with them. Loaded with the first of them. */
export class TransferList {
  readonly #options: TransferListOptions;
  readonly #reception = new OfferInspector();
  readonly #cards = new Map<TransferId, Card>();
  readonly #withdrawn: Card[] = [];
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor(options: TransferListOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  show(transfer: Transfer): void {
    const card = this.#cards.get(transfer.id) ?? this.#begin(transfer);
    const { status, moved } = card.transfer;
    if (moved !== transfer.moved || status !== transfer.status) card.movedAt = this.#options.now();
    const isWithdrawn =
      status === "offered" && transfer.status === "cancelled" && transfer.direction === "in";
    card.transfer = transfer;
    card.isStale = true;
    if (status !== transfer.status || card.view.dataset.status === undefined) this.#write(card);
    this.#tick ??= setInterval(() => this.#writeStale(), SHOW_MS);
    if (isWithdrawn) this.#clear(card);
  }

  async offer(handed: ChosenContent): Promise<void> {
    this.#options.onProblem(await offer(this.#options.session, handed));
  }

  /** A person has pressed one of its buttons. */
  async act(action: FileAction, id: TransferId): Promise<void> {
    const card = this.#cards.get(id);
    const { onProblem, session } = this.#options;
    if (!card) return;
    onProblem("");
    switch (action) {
      case "accept":
        return this.#busy(card, () => this.#accept(card));
      case "save":
        return this.#busy(card, () => this.#save(card));
      case "picture":
        return this.#busy(card, () => this.#picture(card));
      default:
        // At once, whatever else is under way with it.
        session.files[action](id);
    }
  }

  #begin(transfer: Transfer): Card {
    const { log, now } = this.#options;
    const view = fileView(transfer);
    const card: Card = { view, transfer, look: undefined, movedAt: now(), isStale: true, isReadying: false };
    this.#cards.set(transfer.id, card);
    log.append(view);
    if (transfer.direction === "out") log.scrollTop = log.scrollHeight;
    else if (transfer.status === "offered") {
      void this.#busy(card, async () => this.#showLook(card, await this.#reception.inspect(transfer)));
    }
    return card;
  }

  /** Where it goes was said beforehand; if that has changed meanwhile, it is said anew and nothing else happens. */
  async #accept(card: Card): Promise<void> {
    const found = await this.#reception.chooseDestination(card.transfer);
    if (found === undefined) return;
    if ("pass" in found) this.#options.session.files.accept(card.transfer.id, found);
    else this.#showLook(card, found);
  }

  async #save(card: Card): Promise<void> {
    const { received } = card.transfer;
    if (received?.type !== "kept") return;
    this.#showReadying(card, received.file.size > QUIET_BYTES);
    const blob = await received.file.blob().finally(() => this.#showReadying(card, false));
    save(blob, received.file.name, this.#options.signal);
  }

  /** On request only, and only what can be nothing but a picture. */
  async #picture({ view, transfer: { received, name } }: Card): Promise<void> {
    if (received?.type !== "kept") return;
    const shown = await pictureView(await received.file.blob(), name, {
      preview,
      signal: this.#options.signal,
    });
    view.querySelector(".file-actions")?.before(shown);
    view.querySelector('[data-choice="picture"]')?.remove();
  }

  #clear(withdrawn: Card): void {
    this.#withdrawn.push(withdrawn);
    const oldest = this.#withdrawn.length > WITHDRAWN_SHOWN ? this.#withdrawn.shift() : undefined;
    if (oldest === undefined) return;
    oldest.view.remove();
    this.#cards.delete(oldest.transfer.id);
  }

  #showLook(card: Card, look: OfferInspection): void {
    card.look = look;
    this.#write(card);
  }

  #showReadying(card: Card, isReadying: boolean): void {
    card.isReadying = isReadying;
    this.#write(card);
  }

  #write(card: Card): void {
    const { session, now } = this.#options;
    const { view, transfer, look, movedAt, isReadying } = card;
    const isMoving = transfer.status === "moving";
    const isStalled = isMoving && now() - movedAt > STALLED_MS;
    updateFile(view, transfer, { look, isStalled, isReadying, canPause: session.protocol === "2" });
    card.isStale = isMoving;
  }

  #writeStale(): void {
    const stale = [...this.#cards.values()].filter(({ isStale }) => isStale);
    for (const card of stale) this.#write(card);
    if (stale.length === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  #forget(): void {
    this.#rest();
    this.#cards.clear();
    this.#withdrawn.length = 0;
  }

  /** One thing at a time with a file, and a word where it fails. */
  async #busy(card: Card, task: () => Promise<void>): Promise<void> {
    if (card.view.ariaBusy === "true") return;
    card.view.ariaBusy = "true";
    try {
      await task();
    } catch (thrown) {
      const { code } = asNullroomError(thrown, "E_FILE_READ", "nothing can be done with the file");
      const { title, text } = errors[code];
      this.#options.onProblem(code === "E_UNSUPPORTED" ? files.noPicture : `${title}. ${text}`);
    } finally {
      card.view.ariaBusy = null;
    }
  }
}
