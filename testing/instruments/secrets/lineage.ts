import type { Attempt, Exhibit, Target } from "./exhibit.ts";
import { chainOf, expand, masterOf, messageKeyOf, type RoleByte, rootOf, signalKeys } from "./schedule.ts";

/** A key to try, and what the value that it was derived from would be if it opens something. */
export type NamedKey = {
  readonly what: string;
  readonly key: Uint8Array;
  /** Whether the key schedule lets it open such a thing: trying all on all would take minutes. */
  readonly fits: (target: Target) => boolean;
};

const CHAINS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const satisfies readonly (readonly [RoleByte, 0 | 1])[];

/**
 * Every key that a value leads to, for each secret of the key schedule that it could be. As a chain key it is tried by
 * the message key that follows from it at once, and on every record: a chain key may stand anywhere in its chain.
 */
export function keysFrom(
  value: Uint8Array,
  attempts: readonly Attempt[],
  fingerprints: Exhibit["fingerprints"],
): NamedKey[] {
  return [
    { what: "a key itself", key: value, fits: () => true },
    { what: "a chain key", key: messageKeyOf(value), fits: ({ kind }) => kind === "record" },
    ...fromRoot(value, "root"),
    ...fromRec(value, "rec", fingerprints),
    ...attempts.flatMap(({ th }) => {
      const [, , , , th4, , th6] = th;
      if (th4 === undefined || th6 === undefined) return [];
      return [
        ...fromMaster(value, "master", th6, fingerprints),
        ...fromMaster(masterOf(value, th4), "k1", th6, fingerprints),
      ];
    }),
  ];
}

function fromMaster(
  master: Uint8Array,
  what: string,
  th6: Uint8Array,
  fingerprints: Exhibit["fingerprints"],
): NamedKey[] {
  const signals = signalKeys(master, th6).map((key, role) => ({
    what,
    key,
    fits: ({ kind, from }: Target) => kind === "signal" && from === role,
  }));
  return [...signals, ...fromRec(expand(master, "nr2 record", th6), what, fingerprints)];
}

function fromRec(rec: Uint8Array, what: string, fingerprints: Exhibit["fingerprints"]): NamedKey[] {
  return fingerprints.flatMap(({ I, R }) => fromRoot(rootOf(rec, I, R), what));
}

/** The first message key of each chain of a root: whoever has it has the whole chain. */
function fromRoot(root: Uint8Array, what: string): NamedKey[] {
  return CHAINS.map(([role, channel]) => ({
    what,
    key: messageKeyOf(chainOf(root, role, channel)),
    fits: (target) => target.isFirst === true && target.from === role && target.channel === channel,
  }));
}
