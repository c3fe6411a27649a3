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

/** One file in the conversation: its element, and what is known about it. */
type Card = {
  readonly view: HTMLElement;
  transfer: Transfer;
  inspection: OfferInspection | undefined;
  /** The time at which bytes last moved or the status last changed. */
  movedAt: number;
  /** The element may not show the newest transfer. */
  isStale: boolean;
  /** The file is being opened for the browser to save, which takes a while with a large one. */
  isReadying: boolean;
};

export type TransferListOptions = {
  session: Session;
  log: HTMLElement;
  now: () => number;
  signal: AbortSignal;
  /** Show what did not work. It is called with an empty string when somebody tries again. */
  onProblem: (problem: string) => void;
};

/** A card is rewritten this often while bytes move: they come a thousand times a second, and nobody reads that fast. */
const SHOW_MS = 250;
/** A file of which no byte has moved for so long is shown as stalled. */
const STALLED_MS = 3_000;
/**
 * So many offers that were withdrawn before anybody answered stay in the page. Without a limit the other side could
 * fill it.
 */
const WITHDRAWN_SHOWN = 16;

/** Shows the files of a conversation as they change, and does with them what a person asks. */
export class TransferList {
  readonly #options: TransferListOptions;
  readonly #inspector = new OfferInspector();
  readonly #cards = new Map<TransferId, Card>();
  readonly #withdrawn: Card[] = [];
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor(options: TransferListOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  show(transfer: Transfer): void {
    const card = this.#cards.get(transfer.id) ?? this.#add(transfer);
    const { status, moved } = card.transfer;
    if (moved !== transfer.moved || status !== transfer.status) card.movedAt = this.#options.now();
    const isWithdrawn =
      status === "offered" && transfer.status === "cancelled" && transfer.direction === "in";
    card.transfer = transfer;
    card.isStale = true;
    if (status !== transfer.status || card.view.dataset.status === undefined) this.#write(card);
    this.#tick ??= setInterval(() => this.#writeStale(), SHOW_MS);
    if (isWithdrawn) this.#limitWithdrawn(card);
  }

  async offer(content: ChosenContent): Promise<void> {
    this.#options.onProblem(await offer(this.#options.session, content));
  }

  /** A person has pressed a button of a card. */
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
        // These take effect at once, whatever else is under way with the file.
        session.files[action](id);
    }
  }

  #add(transfer: Transfer): Card {
    const { log, now } = this.#options;
    const view = fileView(transfer);
    const card: Card = {
      view,
      transfer,
      inspection: undefined,
      movedAt: now(),
      isStale: true,
      isReadying: false,
    };
    this.#cards.set(transfer.id, card);
    log.append(view);
    if (transfer.direction === "out") log.scrollTop = log.scrollHeight;
    else if (transfer.status === "offered") {
      void this.#busy(card, async () => this.#showInspection(card, await this.#inspector.inspect(transfer)));
    }
    return card;
  }

  /** The card has shown where the file would go. If that has become impossible, it shows so and accepts nothing. */
  async #accept(card: Card): Promise<void> {
    const found = await this.#inspector.chooseDestination(card.transfer);
    if (found === undefined) return;
    if ("pass" in found) this.#options.session.files.accept(card.transfer.id, found);
    else this.#showInspection(card, found);
  }

  async #save(card: Card): Promise<void> {
    const { received } = card.transfer;
    if (received?.type !== "kept") return;
    this.#showReadying(card, received.file.size > QUIET_BYTES);
    const blob = await received.file.blob().finally(() => this.#showReadying(card, false));
    save(blob, received.file.name, this.#options.signal);
  }

  /** A picture is shown on request only, and only if it can be nothing but a picture. */
  async #picture({ view, transfer: { received, name } }: Card): Promise<void> {
    if (received?.type !== "kept") return;
    const shown = await pictureView(await received.file.blob(), name, {
      preview,
      signal: this.#options.signal,
    });
    view.querySelector(".file-actions")?.before(shown);
    view.querySelector('[data-choice="picture"]')?.remove();
  }

  #limitWithdrawn(withdrawn: Card): void {
    this.#withdrawn.push(withdrawn);
    const oldest = this.#withdrawn.length > WITHDRAWN_SHOWN ? this.#withdrawn.shift() : undefined;
    if (oldest === undefined) return;
    oldest.view.remove();
    this.#cards.delete(oldest.transfer.id);
  }

  #showInspection(card: Card, inspection: OfferInspection): void {
    card.inspection = inspection;
    this.#write(card);
  }

  #showReadying(card: Card, isReadying: boolean): void {
    card.isReadying = isReadying;
    this.#write(card);
  }

  #write(card: Card): void {
    const { session, now } = this.#options;
    const { view, transfer, inspection, movedAt, isReadying } = card;
    const isMoving = transfer.status === "moving";
    const isStalled = isMoving && now() - movedAt > STALLED_MS;
    updateFile(view, transfer, { inspection, isStalled, isReadying, canPause: session.protocol === "2" });
    card.isStale = isMoving;
  }

  #writeStale(): void {
    const stale = [...this.#cards.values()].filter(({ isStale }) => isStale);
    for (const card of stale) this.#write(card);
    if (stale.length === 0) this.#stopTicking();
  }

  #stopTicking(): void {
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  #forget(): void {
    this.#stopTicking();
    this.#cards.clear();
    this.#withdrawn.length = 0;
  }

  /** Do one task at a time with a file, and show why where it fails. */
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
