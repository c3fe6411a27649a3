import { NullroomError } from "../errors.ts";
import { parseJson, readObject, readString } from "./read.ts";

/**
 * ActionCable's envelope, as existing clients and servers speak it (sub-protocol `actioncable-v1-json`).
 * Its identifier is a JSON *string* that is echoed byte for byte. See spec/2-signaling.md §1.
 */
export const CABLE_PROTOCOL = "actioncable-v1-json";
/** Official clients offer this one too, to notice servers that speak neither. */
export const CABLE_UNSUPPORTED = "actioncable-unsupported";

/** What a client may send. `data` is still the JSON string inside the JSON string. */
export type CableCommand =
  | { command: "subscribe"; identifier: string }
  | { command: "unsubscribe"; identifier: string }
  | { command: "message"; identifier: string; data: string };

/** What a server sends. */
export type CableFrame =
  | { type: "welcome" }
  | { type: "ping" }
  | { type: "confirm_subscription"; identifier: string }
  | { type: "reject_subscription"; identifier: string }
  | { type: "disconnect"; reason: string; reconnect: boolean }
  | { type: "message"; identifier: string; message: unknown };

/** @throws "E_MALFORMED" */
export function parseCommand(text: string): CableCommand {
  const frame = readObject(parseJson(text, "command"), "command");
  const command = readString(frame, "command");
  const identifier = readString(frame, "identifier");
  switch (command) {
    case "subscribe":
    case "unsubscribe":
      return { command, identifier };
    case "message":
      return { command, identifier, data: readString(frame, "data") };
    default:
      throw new NullroomError("E_MALFORMED", "unknown command");
  }
}

export function formatCommand(command: CableCommand): string {
  return JSON.stringify(command);
}

/** @throws "E_MALFORMED" */
export function parseFrame(text: string): CableFrame {
  const frame = readObject(parseJson(text, "frame"), "frame");
  if (frame.type === undefined) {
    return { type: "message", identifier: readString(frame, "identifier"), message: frame.message };
  }
  const type = readString(frame, "type");
  switch (type) {
    case "welcome":
    case "ping":
      return { type };
    case "confirm_subscription":
    case "reject_subscription":
      return { type, identifier: readString(frame, "identifier") };
    case "disconnect": {
      const reason = typeof frame.reason === "string" ? frame.reason : "";
      return { type, reason, reconnect: frame.reconnect !== false };
    }
    default:
      throw new NullroomError("E_MALFORMED", "unknown frame type");
  }
}

export const WELCOME = '{"type":"welcome"}';

/** `message` is Unix seconds, which official clients ignore beyond noting that something came. */
export function formatPing(unixSeconds: number): string {
  return `{"type":"ping","message":${unixSeconds}}`;
}

export function formatConfirm(identifier: string): string {
  return `{"identifier":${JSON.stringify(identifier)},"type":"confirm_subscription"}`;
}

export function formatReject(identifier: string): string {
  return `{"identifier":${JSON.stringify(identifier)},"type":"reject_subscription"}`;
}

export function formatDisconnect(reason: string, reconnect: boolean): string {
  return `{"type":"disconnect","reason":${JSON.stringify(reason)},"reconnect":${reconnect}}`;
}

/** `message` is already JSON: a signal is relayed without being taken apart a second time. */
export function formatMessage(identifier: string, messageJson: string): string {
  return `{"identifier":${JSON.stringify(identifier)},"message":${messageJson}}`;
}
