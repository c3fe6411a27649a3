import { NullroomError } from "../errors.ts";

/** One ICE candidate, spec/4-frames.md §3. */
export type Candidate = {
  kind: CandidateKind;
  address: string;
  /** Undefined where the stack does not say (Firefox, libdatachannel). */
  ufrag: string | undefined;
};

export type CandidateKind = "host" | "srflx" | "prflx" | "relay";

/** @param text - `candidate:…`, without `a=`. @throws "E_SDP_POLICY" */
export function parseCandidate(text: string): Candidate {
  const groups = text.length <= MAX_LENGTH ? CANDIDATE.exec(text)?.groups : undefined;
  if (groups === undefined) throw refusal("not a candidate");
  const { address = "", raddr, port, rport, kind, rest = "" } = groups;
  if (!isAddress(address) || (raddr !== undefined && !isAddress(raddr))) throw refusal("not an address");
  if (!isPort(port) || (rport !== undefined && !isPort(rport))) throw refusal("not a port");
  return { kind: kind as CandidateKind, address, ufrag: /(?:^| )ufrag (\S+)/.exec(rest)?.[1] };
}

/**
 * The candidate as it may leave this side, or undefined where the policy or the person's wish holds it back. A relay
 * candidate goes out without the address behind it.
 */
export function outgoingCandidate(text: string, relayOnly: boolean): string | undefined {
  // Node's library hands out the whole attribute line.
  const bare = text.startsWith("a=") ? text.slice(2) : text;
  try {
    const { kind } = parseCandidate(bare);
    if (!relayOnly) return bare;
    return kind === "relay" ? bare.replace(/ raddr \S+ rport \d+/, " raddr 0.0.0.0 rport 0") : undefined;
  } catch {
    return undefined; // because an unusual candidate of this side's own is no attack; it only stays here
  }
}

/**
 * An IP literal, or a masked local address. Any other name would make the receiver ask a DNS server of the
 * sender's choosing.
 */
function isAddress(text: string): boolean {
  return IPV4.test(text) || MDNS.test(text) || isIpv6(text);
}

export function isIpv6(text: string): boolean {
  return text.length <= 45 && text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text);
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && Number(text) <= 65_535;
}

function refusal(detail: string): NullroomError {
  return new NullroomError("E_SDP_POLICY", detail);
}

const MAX_LENGTH = 512;

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
export const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const MDNS = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i;

const CANDIDATE = new RegExp(
  "^candidate:[A-Za-z0-9+/]{1,32} 1 (?:udp|tcp) [0-9]{1,10} (?<address>[^ ]+) (?<port>[0-9]{1,5})" +
    " typ (?<kind>host|srflx|prflx|relay)" +
    "(?: raddr (?<raddr>[^ ]+) rport (?<rport>[0-9]{1,5}))?" +
    "(?: (?<rest>[A-Za-z][A-Za-z0-9-]* [A-Za-z0-9+/.:-]+(?: [A-Za-z][A-Za-z0-9-]* [A-Za-z0-9+/.:-]+){0,7}))?$",
  "i",
);
