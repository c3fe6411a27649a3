import type { Hashing } from "../../../files/hasher.ts";
import type { Platform } from "../../../platform.ts";
import type { FileFrame, FrameBytes } from "../../../wire/frames.ts";
import type { Transfer } from "../../session.ts";
import type { Connection } from "../connect/secured.ts";
import type { FileEngineClient } from "../engine/client.ts";

/** Offers in one direction that are not over. */
export const MAX_OPEN_OFFERS = 16;

export type FilesOptions = {
  /** The largest file in this direction, in bytes. */
  limit: number;
  signal: AbortSignal;
  /** Where bytes are moved. */
  engine: FileEngineClient;
  /** On ctl; what it cannot carry any more is lost with the line. */
  send: (frame: FileFrame) => void;
  report: (transfer: Transfer) => void;
  /** Monotonic milliseconds. */
  now: () => number;
  /** The other side did what no honest one does: the session ends. */
  onFailure: (thrown: unknown) => void;
  hashing: Hashing;
  /** The one that there is now. */
  connection: () => Connection | undefined;
  /** Makes the connections of lanes. */
  platform: Pick<Platform, "createPeerConnection">;
};

/** As a conversation has them: it neither reads nor writes what comes with the first file. */
export type FilesContext = Omit<FilesOptions, "limit" | "send" | "hashing"> & {
  send: (record: FrameBytes) => void;
};
