import type { ErrorCode } from "@nullroom/core/errors";
import type { Lack } from "../support.ts";

/**
 * The text for a failure, or for another end of a room: what happened and what to do next, without jargon. It names no
 * code, and no cause that was not observed.
 */
export type ErrorText = { title: string; text: string };

const ALTERED: ErrorText = {
  title: "The connection was refused for safety",
  text: "What arrived did not come from the other person’s page unchanged. Nothing was shown or sent. Make a new room, and send its link another way.",
};
const BROKEN: ErrorText = {
  title: "The conversation was stopped for safety",
  text: "Something arrived that this page could not trust, so it closed the room. Make a new room to go on.",
};
const FILE_BROKEN: ErrorText = {
  title: "The file did not arrive whole",
  text: "It was thrown away. Ask for it again.",
};
const CODE: ErrorText = {
  title: "That code doesn’t work",
  text: "It is wrong, or was used already. Ask for a new one.",
};
const OTHER_VERSION: ErrorText = {
  title: "The two sides don’t understand each other",
  text: "One of them is older than the other. Reload this page; if that doesn’t help, the other person should reload theirs.",
};

export const errors: Record<ErrorCode, ErrorText> = {
  E_LINK_FORMAT: {
    title: "This link is incomplete",
    text: "The end of it is missing, and that is where the key is. Ask for the whole link again. If you were in this room already: reloading the page ended it for you.",
  },
  E_LINK_V1_OFF: {
    title: "This link is of an older kind",
    text: "This server no longer takes it. Ask for a link to a new room.",
  },
  E_ROOM: {
    title: "This room does not exist any more",
    text: "It has ended, or its time was up. Ask for a link to a new one.",
  },
  E_FULL: {
    title: "Two people are already in this room",
    text: "If you expected to be one of them, do not trust it: somebody else opened the link before you. Ask, another way, for a new one.",
  },
  E_ROLE: ALTERED,
  E_EVICTED: {
    title: "You were sent out of the room",
    text: "Whoever made it freed your seat. If you were expected there, ask for a link to a new room.",
  },
  E_SEAT_TAKEN_OVER: {
    title: "The room went on elsewhere",
    text: "Your seat was taken again from another connection. If that wasn’t you, make a new room.",
  },
  E_LEASE_OVER: {
    title: "Away for too long",
    text: "The room could not keep your seat. Make a new room to go on.",
  },
  E_LIMIT: {
    title: "Too much at once",
    text: "This server has had many requests in a short time. Wait a minute, then try again.",
  },
  E_SERVER: {
    title: "The server could not be reached",
    text: "Check your connection, then try again. If others can’t reach it either, wait a little.",
  },
  E_MALFORMED: OTHER_VERSION,
  E_VERSION: OTHER_VERSION,
  E_SEAL: ALTERED,
  E_SIGNAL_SEQ: ALTERED,
  E_HS_TIMEOUT: {
    title: "The other side did not answer",
    text: "Ask whether their page is still open, then try again.",
  },
  E_HS_COMMIT: ALTERED,
  E_HS_DH: ALTERED,
  E_HS_KEM: ALTERED,
  E_HS_CONFIRM: ALTERED,
  E_HS_TAMPER: ALTERED,
  E_SDP_POLICY: ALTERED,
  E_FP_MISMATCH: ALTERED,
  E_CHANNEL: {
    title: "No connection came about",
    text: "No path was found between the two of you. Some company and hotel networks allow none. Try another network, such as a phone’s.",
  },
  E_RECORD_AUTH: BROKEN,
  E_RECORD_SEQ: BROKEN,
  E_RECORD_EPOCH: BROKEN,
  E_RECORD_PAD: BROKEN,
  E_RECORD_TYPE: BROKEN,
  E_RECORD_UTF8: BROKEN,
  E_REKEY: BROKEN,
  E_FILE_CREDIT: BROKEN,
  E_FILE_OFFSET: BROKEN,
  E_FILE_SIZE: FILE_BROKEN,
  E_FILE_HASH: FILE_BROKEN,
  E_FILE_LIMIT: {
    title: "This file is too large",
    text: "Send a smaller one, or split it.",
  },
  E_FILE_NAME: {
    title: "This file’s name can’t be sent",
    text: "Give it a shorter name, then send it again.",
  },
  E_FILE_READ: {
    title: "This file could not be read",
    text: "It was changed, moved or is not on this device. Choose it again.",
  },
  E_FILE_BUSY: {
    title: "One file at a time",
    text: "Wait until the one under way is there, then send the next.",
  },
  E_FILE_CANCELLED: { title: "Cancelled", text: "Nothing of it was kept." },
  E_PEER_BYE: { title: "The other person ended the room", text: "Make a new room to go on." },
  E_PEER_LOST: {
    title: "The connection was lost",
    text: "It could not be brought back. Make a new room to go on.",
  },
  E_TTL: { title: "The time is up", text: "Make a new room to go on." },
  E_MESSAGE_TOO_LONG: {
    title: "This message is too long",
    text: "Send it in parts, or as a file.",
  },
  E_UNSUPPORTED: {
    title: "This browser can’t do it",
    text: "It lacks something that rooms need. Update it, or open the link in a current Firefox, Chrome, Edge or Safari.",
  },
  E_RELAY_NONE: {
    title: "Your address can’t be hidden here",
    text: "That takes a relay, and this server has none. Switch “Hide my IP address” off, or use another server.",
  },
  E_CODE: CODE,
  E_TOKEN: {
    title: "That ticket doesn’t work",
    text: "It was used already, or is not of this server. Try another.",
  },
  E_INTERNAL: {
    title: "Something went wrong in this page",
    text: "It is not your connection. Reload it, or make a new room.",
  },
};

export const lacks: Record<Lack, ErrorText> = {
  "secure-context": {
    title: "This page came over plain http",
    text: "Browsers encrypt only on pages that were themselves loaded safely: over https, or on the very device that runs the server. Ask whoever runs this server for its https address.",
  },
  crypto: {
    title: "This browser is too old",
    text: "It lacks the encryption that rooms need. Update it, or use a current Firefox, Chrome, Edge or Safari.",
  },
  webrtc: {
    title: "This browser can’t connect two people",
    text: "It has no WebRTC, or an extension or a protected mode has switched it off; Tor Browser and Lockdown Mode do that. Use another browser, or switch it on for this site.",
  },
};
