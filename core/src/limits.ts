/**
 * The limits are numbers that two sides must agree on: the unit is in the name, the reason beside it. spec/ cites them.
 */

/** How long a room waits to be joined, and how long a conversation lasts: what the original promises. */
export const ROOM_TTL_SECONDS = 900;

/** Classic's file limit, 16 MiB; operators raise it with NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES. */
export const FILE_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

/** ActionCable's heartbeat: its official client reconnects after two missed ones. */
export const CABLE_PING_INTERVAL_MS = 3_000;

/** ActionCable's own threshold for a connection that has fallen silent: two pings. */
export const CABLE_STALE_MS = 6_000;

/** WebSocket-level pings, answered by browsers without the page: they renew the seat's lease. */
export const LEASE_PING_INTERVAL_MS = 15_000;

/** A seat whose socket has not answered for this long is free (waiting rooms) or `gone` (established ones). */
export const SEAT_LEASE_MS = 45_000;

/**
 * An established room keeps a lost seat for its token this long after the last frame: longer than RECONNECT_WINDOW_MS.
 */
export const SEAT_RESERVATION_MS = 150_000;

/** How long both sides try to rebuild a lost transport, each by its own clock. */
export const RECONNECT_WINDOW_MS = 120_000;

/** How long one epoch of record keys lasts, by whichever comes first: time, bytes either way, records of a channel. */
export const REKEY_AFTER_MS = 600_000;
export const REKEY_AFTER_BYTES = 2 ** 30;
export const REKEY_AFTER_RECORDS = 2 ** 20;

/** One cable frame. A 20 KiB blob in base64url inside two JSON strings fits. */
export const CABLE_FRAME_BYTES = 32 * 1024;

/** The limit of any command but `send_signal`. */
export const CABLE_COMMAND_BYTES = 1024;

/** One sealed signaling blob before base64url. */
export const SIGNAL_BLOB_BYTES = 20 * 1024;

/** Signals of one seat per SIGNAL_WINDOW_MS; a whole life needs about 20. */
export const SIGNALS_PER_WINDOW = 60;
export const SIGNAL_WINDOW_MS = 10_000;

/** All signals of one room per 15 minutes together: enough for signaling, too little to relay data through it. */
export const SIGNAL_BYTES_PER_ROOM = 1024 * 1024;

/** HTTP bodies of this server's own routes. */
export const HTTP_BODY_BYTES = 4 * 1024;

/** Classic's handshake blobs: how large, and how long the server holds one. */
export const HANDSHAKE_BLOB_BYTES = 2048;
export const HANDSHAKE_TTL_MS = 180_000;

/** Queued bytes above which a sender pauses. They keep 100 Mbit/s busy for 80 ms, and a cancel still acts at once. */
export const SEND_QUEUE_BYTES = 1024 * 1024;

/** Queued bytes at which a paused sender goes on. */
export const SEND_QUEUE_LOW_BYTES = 256 * 1024;

/** One text, in UTF-8 bytes; a longer one is refused before it is sent. */
export const MESSAGE_BYTES = 16_000;

/** Files of a set. An offer is read and kept before anybody has agreed to it, so it must stay below some hundred kB. */
export const SET_ENTRIES = 4096;

/** One path in a set, in UTF-8: Windows ends at 260 characters, and the folder it goes to needs some of them. */
export const SET_PATH_BYTES = 200;

/** One record that names files of a set: with its header it fills the second largest bucket of ctl. */
export const SET_PART_BYTES = 16_379;

/** From "join" to an open conversation in classic, per attempt: ICE's own failure takes about 30 s. */
export const CONNECT_TIMEOUT_MS = 45_000;

/** Plaintext bytes of one classic file chunk; fixed by existing clients. */
export const CLASSIC_CHUNK_BYTES = 65_536;

/** Existing clients give the key upgrade 10 s from the opening of the channel. */
export const CLASSIC_KEY_UPGRADE_MS = 10_000;

/** How far two clocks that started together may be apart at the end, the way of a message included. */
export const CLOCKS_DIFFER_MS = 5_000;
