import { after } from "../lifetime.ts";
import type { PeerConnection } from "../platform.ts";

/**
 * A path is how bytes travel between the two, as getStats says it. What is not known is "unknown", never guessed.
 * `host` names the relay (a host name or address of the relay, not of a person).
 */
export type Path = { kind: "direct" } | { kind: "relay"; host: string | undefined } | { kind: "unknown" };

export const UNKNOWN: Path = { kind: "unknown" };

/** The part of a connection that tells its path. */
export type Measurable = Pick<PeerConnection, "getStats" | "remoteDescription">;

export async function describePath(pc: Measurable): Promise<Path> {
  const stats = namedCandidates(pc.remoteDescription?.sdp ?? "");
  (await pc.getStats()).forEach((stat: unknown) => {
    if (isStat(stat)) stats.push(stat);
  });
  return pathFromStats(stats);
}

/** When the path is measured after the connection is made, since ICE goes on comparing pairs for a while. */
const MEASURE_AFTER_MS = [0, 500, 1_500, 4_000] as const;
const MEASURE_EVERY_MS = 10_000;

/** Measure now, a few times more while ICE settles, then every 10 s; `onPath` hears every change. */
export function watchPath(pc: Measurable, signal: AbortSignal, onPath: (path: Path) => void): void {
  let last: Path | undefined;
  const measure = async (round: number) => {
    const path = await describePath(pc).catch(() => UNKNOWN); // because a closed connection has no statistics
    if (signal.aborted) return;
    if (!last || !samePath(last, path)) onPath(path);
    last = path;
    after(MEASURE_AFTER_MS[round + 1] ?? MEASURE_EVERY_MS, signal, () => void measure(round + 1));
  };
  void measure(0);
}

function samePath(a: Path, b: Path): boolean {
  return a.kind === b.kind && (a.kind !== "relay" || b.kind !== "relay" || a.host === b.host);
}

/** One entry of a statistics report. No field but these two can be relied on. */
export type Stat = { readonly type: string; readonly id: string; readonly [field: string]: unknown };

/**
 * Candidates that the other side has named, also those whose mDNS name this browser could not resolve and which
 * its statistics leave out: a packet from such an address then looks as if it came from nowhere.
 */
export function namedCandidates(sdp: string): Stat[] {
  return [...sdp.matchAll(/^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ (\w+)/gm)].map(
    ([, address, candidateType], index) => ({
      type: "remote-candidate",
      id: `named-${index}`,
      address,
      candidateType,
    }),
  );
}

export function isStat(value: unknown): value is Stat {
  return typeof value === "object" && value !== null && "type" in value && "id" in value;
}

/** Pure. The path is unknown where several pairs could be the one in use and disagree. */
export function pathFromStats(stats: readonly Stat[]): Path {
  const paths = selectedPairs(stats).map((pair) => pathOfPair(pair, stats));
  const [first] = paths;
  return first && paths.every((path) => samePath(path, first)) ? first : UNKNOWN;
}

/** Chromium and node-datachannel name the pair in `transport`; Firefox marks it `selected` or only `nominated`. */
export function selectedPairs(stats: readonly Stat[]): Stat[] {
  const pairs = stats.filter((stat) => stat.type === "candidate-pair");
  const named = stats.flatMap((stat) => (stat.type === "transport" ? [stat.selectedCandidatePairId] : []));
  const byTransport = pairs.filter((pair) => named.includes(pair.id));
  if (byTransport.length > 0) return byTransport;
  const marked = pairs.filter((pair) => pair.selected === true);
  if (marked.length > 0) return marked;
  return pairs.filter((pair) => pair.nominated === true && pair.state === "succeeded");
}

function pathOfPair(pair: Stat, stats: readonly Stat[]): Path {
  const local = stats.find((stat) => stat.id === pair.localCandidateId);
  const remote = stats.find((stat) => stat.id === pair.remoteCandidateId);
  if (!local || !remote) return UNKNOWN;
  if (local.candidateType === "relay")
    return { kind: "relay", host: hostOfUrl(local.url) ?? addressOf(local) };
  if (remote.candidateType === "relay") return { kind: "relay", host: addressOf(remote) };
  if (!isOwnAddress(local)) return UNKNOWN;
  return remote.candidateType === "prflx"
    ? pathToLearntAddress(remote, stats)
    : directIf(isOwnAddress(remote));
}

/**
 * A peer-reflexive remote candidate is an address that was learnt from a packet. It is the other side's relay
 * if the other side has named a relay candidate at that address, and its own if it has named candidates and
 * none such. Where no candidate of its own can be seen, the path is unknown.
 */
function pathToLearntAddress(remote: Stat, stats: readonly Stat[]): Path {
  const named = stats.filter((stat) => stat.type === "remote-candidate" && stat.candidateType !== "prflx");
  const relays = named.filter((stat) => stat.candidateType === "relay").map(addressOf);
  if (relays.length === 0) return directIf(named.length > 0);
  const host = addressOf(remote);
  if (host === undefined) return UNKNOWN;
  return relays.includes(host) ? { kind: "relay", host } : { kind: "direct" };
}

function directIf(known: boolean): Path {
  return known ? { kind: "direct" } : UNKNOWN;
}

/** A local `prflx` that came about through a relay says so by its `relayProtocol`. */
function isOwnAddress(candidate: Stat): boolean {
  if (candidate.candidateType === "prflx") return candidate.relayProtocol === undefined;
  return candidate.candidateType === "host" || candidate.candidateType === "srflx";
}

function addressOf(candidate: Stat): string | undefined {
  const address = candidate.address ?? candidate.ip;
  return typeof address === "string" && address !== "" ? address : undefined;
}

/** `turns:relay.example:443?transport=tcp` → `relay.example` */
function hostOfUrl(url: unknown): string | undefined {
  if (typeof url !== "string") return undefined;
  return /^turns?:(\[[^\]]+\]|[^:?]+)/.exec(url)?.[1];
}
