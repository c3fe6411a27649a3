import type { Bytes } from "../../../brand.ts";
import type { Channel } from "../../../crypto/binding.ts";
import type { NullroomError } from "../../../errors.ts";
import type { HeardFrame } from "../../../wire/frames.ts";
import type { FileEngineClient } from "../engine/client.ts";

export type SecureChannelsEvent =
  /** The channels are open; the keys may still be on their way. */
  | { type: "open" }
  | { type: "ctl"; frame: HeardFrame }
  /** The other side's EPOCH on bulk. What else comes there is the engine's business. */
  | { type: "marker" }
  | { type: "closed" }
  | { type: "failed"; error: NullroomError };

export type SecureChannelsOptions = {
  ctl: RTCDataChannel;
  bulk: RTCDataChannel;
  /** Takes bulk over: its bytes are moved elsewhere. */
  engine: Pick<FileEngineClient, "attach">;
  signal: AbortSignal;
  /** One at a time and in order per channel: a returned promise is waited for. */
  onEvent: (event: SecureChannelsEvent) => void | Promise<void>;
};

/** More bulk channels beside the line's own, over connections of their own: `lanes/open-lanes.ts`. */
export type Lanes = {
  readonly channels: readonly Channel[];
  readonly counts: { readonly sent: number; readonly received: number };
  /** In the order of the channels; takes the chains over. Resolves when the other side's markers may come. */
  expectEpoch(own: readonly Bytes[], peer: readonly Bytes[]): Promise<void>;
  /** Resolves when this side's markers have been handed over. @throws "E_CHANNEL" */
  beginEpoch(): Promise<void>;
  /** Nothing is sealed or opened on them any more. */
  forget(): void;
};

/** Records, and bytes on the wire, since the channels opened. */
export type RecordCounts = {
  ctlSent: number;
  bulkSent: number;
  ctlReceived: number;
  bulkReceived: number;
  bytesSent: number;
  bytesReceived: number;
};
