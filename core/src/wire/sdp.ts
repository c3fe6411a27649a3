import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { IPV4, isIpv6, parseCandidate } from "./candidate.ts";

/** The SDP policy of spec/4-frames.md §3: an allow-list of lines, before any of it reaches the WebRTC stack. */
export type Description = {
  /** SHA-256 of the certificate, 32 raw bytes. */
  fingerprint: Bytes;
  ufrag: string;
};

const MAX_SDP_BYTES = 8192;
export const MAX_CANDIDATES = 32;

/** @throws "E_SDP_POLICY" */
export function checkSdp(sdp: string, kind: "offer" | "answer"): Description {
  if (sdp.length > MAX_SDP_BYTES) throw refusal("too long");
  if (!/^[\x20-\x7e\r\n]*$/.test(sdp)) throw refusal("not printable ASCII");
  const lines = sdp.split(/\r\n|\n/);
  if (lines.pop() !== "") throw refusal("the last line is not ended");
  if (lines[0] !== "v=0") throw refusal("does not begin with v=0");
  const seen = countLines(lines, kind);
  for (const { name, min } of RULES) {
    if ((seen.get(name) ?? 0) < min) throw refusal(`${name} is missing`);
  }
  return {
    fingerprint: fingerprintBytes(valueAfter(lines, FINGERPRINT)),
    ufrag: valueAfter(lines, "a=ice-ufrag:"),
  };
}

/** The description as it is sent: without candidates, which follow one by one and filtered. */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, "");
}

type Rule = { name: string; pattern: RegExp; min: number; max: number; check?: (line: string) => void };

const IP = "IN IP[46] (?<address>[0-9a-fA-F:.]+)";
const FINGERPRINT = "a=fingerprint:sha-256 ";
const ICE_CHARS = "[A-Za-z0-9+/]";
const UNLIMITED = Number.POSITIVE_INFINITY;

const once = (name: string, pattern: RegExp, check?: Rule["check"]): Rule => ({
  name,
  pattern,
  min: 1,
  max: 1,
  ...(check && { check }),
});

const optional = (name: string, pattern: RegExp, max: number, check?: Rule["check"]): Rule => ({
  name,
  pattern,
  min: 0,
  max,
  ...(check && { check }),
});

const RULES: readonly Rule[] = [
  once("v", /^v=0$/),
  once("o", new RegExp(`^o=[!-~]{1,64} [0-9]{1,20} [0-9]{1,20} ${IP}$`), checkAddress),
  once("s", /^s=-$/),
  once("t", /^t=0 0$/),
  once("m", /^m=application [0-9]{1,5} UDP\/DTLS\/SCTP webrtc-datachannel$/),
  optional("c", new RegExp(`^c=${IP}$`), 1, checkAddress),
  once("fingerprint", /^a=fingerprint:sha-256 [0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}$/),
  once("ice-ufrag", new RegExp(`^a=ice-ufrag:${ICE_CHARS}{4,256}$`)),
  once("ice-pwd", new RegExp(`^a=ice-pwd:${ICE_CHARS}{22,256}$`)),
  once("setup", /^a=setup:(?:actpass|active|passive)$/),
  once("mid", /^a=mid:0$/),
  once("sctp-port", /^a=sctp-port:[0-9]{1,5}$/),
  optional("max-message-size", /^a=max-message-size:[0-9]{1,10}$/, 1, checkMessageSize),
  optional("group", /^a=group:BUNDLE 0$/, UNLIMITED),
  optional("extmap-allow-mixed", /^a=extmap-allow-mixed$/, UNLIMITED),
  optional("msid-semantic", /^a=msid-semantic: ?WMS(?: \*)?$/, UNLIMITED),
  optional("ice-options", /^a=ice-options:[A-Za-z0-9+/,_ -]+$/, UNLIMITED),
  optional("sendrecv", /^a=sendrecv$/, UNLIMITED),
  optional("end-of-candidates", /^a=end-of-candidates$/, UNLIMITED),
  optional("candidate", /^a=candidate:/, MAX_CANDIDATES, (line) => parseCandidate(line.slice(2))),
];

function countLines(lines: readonly string[], kind: "offer" | "answer"): Map<string, number> {
  const seen = new Map<string, number>();
  for (const line of lines) {
    const rule = RULES.find(({ pattern }) => pattern.test(line));
    if (rule === undefined) throw refusal("a line outside the list");
    const count = (seen.get(rule.name) ?? 0) + 1;
    if (count > rule.max) throw refusal(`${rule.name} repeated`);
    seen.set(rule.name, count);
    rule.check?.(line);
    if (rule.name === "setup" && (line === "a=setup:actpass") !== (kind === "offer")) {
      throw refusal("setup does not fit an offer or answer");
    }
  }
  return seen;
}

function checkAddress(line: string): void {
  const address = line.slice(line.lastIndexOf(" ") + 1);
  if (!IPV4.test(address) && !isIpv6(address)) throw refusal("not an address");
}

/** A record is up to 65,536 bytes; a stack that takes less would break the session at its first file. */
function checkMessageSize(line: string): void {
  if (Number(line.slice(line.indexOf(":") + 1)) < 65_536) throw refusal("messages too small");
}

function valueAfter(lines: readonly string[], prefix: string): string {
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? "";
}

/** `AA:BB:…`, as SDP and `RTCDtlsFingerprint` write it, to raw bytes. */
export function fingerprintBytes(text: string): Bytes {
  return Uint8Array.from(text.split(":"), (pair) => Number.parseInt(pair, 16));
}

function refusal(detail: string): NullroomError {
  return new NullroomError("E_SDP_POLICY", detail);
}
