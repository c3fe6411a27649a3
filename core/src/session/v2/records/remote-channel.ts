import type { Bytes } from "../../../brand.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { ChannelKeys } from "./record-channel.ts";

/**
 * A record channel that lives elsewhere, where files are moved: bulk, or a lane. Keys that are given to it are gone from
 * this side.
 */
export interface RemoteChannel {
  setKeys(keys: ChannelKeys): void;
  /** Resolves when the other side's marker may come. @throws "E_CHANNEL" */
  expectEpoch(peer: Bytes): Promise<void>;
  /** Resolves when this side's marker has been handed to the channel. @throws "E_CHANNEL" */
  beginEpoch(own: Bytes): Promise<void>;
  /** Nothing is sealed or opened on it any more. Idempotent. */
  close(): void;
}

/** What a remote channel reports. */
export type RemoteChannelEvent =
  /** How many records it has sealed and opened by now. */
  | { type: "counts"; sent: number; received: number }
  /** The other side's EPOCH. */
  | { type: "marker" }
  | { type: "closed" }
  /** It cannot be mended: the session ends. */
  | { type: "failed"; code: ErrorCode; detail: string };

/** Makes a remote channel, which reports to `onEvent`. */
export type AttachRemoteChannel = (onEvent: (event: RemoteChannelEvent) => void) => RemoteChannel;
