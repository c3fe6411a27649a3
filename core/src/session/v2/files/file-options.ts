import type { Hashing } from "../../../files/hasher.ts";
import type { Platform } from "../../../platform.ts";
import type { FileFrame, FrameBytes } from "../../../wire/frames.ts";
import type { Transfer } from "../../session.ts";
import type { Secured } from "../connect/secured.ts";
import type { FileEngineClient } from "../engine/client.ts";
import type { Rekey } from "../records/rekey.ts";

/** Offers in one direction that are not over. */
export const MAX_OPEN_OFFERS = 16;

/** The connection that there is now, and its re-keys. */
export type LiveConnection = { readonly secured: Secured; readonly rekey: Rekey };

export type FilesOptions = {
  /** The largest file in this direction, in bytes. */
  limit: number;
  /** Ends with the conversation. */
  signal: AbortSignal;
  engine: FileEngineClient;
  /** On ctl. What it cannot carry any more is lost with the connection. */
  send: (frame: FileFrame) => void;
  report: (transfer: Transfer) => void;
  /** Monotonic milliseconds. */
  now: () => number;
  /** The other side did what no honest one does: the session ends. */
  onFailure: (thrown: unknown) => void;
  hashing: Hashing;
  connection: () => LiveConnection;
  /** Makes the connections of lanes. */
  platform: Pick<Platform, "createPeerConnection">;
};

/** What a conversation gives its files. It neither reads nor writes frames about files: that code comes later. */
export type FilesContext = Omit<FilesOptions, "limit" | "send" | "hashing"> & {
  send: (record: FrameBytes) => void;
};
