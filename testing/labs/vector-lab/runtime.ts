import type { Tab } from "../../browsers/tab.ts";
import { type Agreement, type KemKind, type Lab, type Link, lab } from "./lab.ts";

/** A runtime of the product's code: this process, or a page. */
export type Runtime = { readonly name: string; ask: Ask };

type Ask = <Name extends keyof Lab>(
  name: Name,
  ...given: Parameters<Lab[Name]>
) => Promise<Awaited<ReturnType<Lab[Name]>>>;

export const here: Runtime = {
  name: "Node",
  ask: (name, ...given) => (lab[name] as Task<typeof name>)(...given),
};

/** A tab that has loaded the lab's page. */
export function inPage(name: string, tab: Tab): Runtime {
  return {
    name,
    ask: <Name extends keyof Lab>(wanted: Name, ...given: Parameters<Lab[Name]>) =>
      tab.evaluate(
        (asked) => {
          const task = window.vectorLab[asked.wanted] as Task<Name>;
          return task(...asked.given);
        },
        { wanted, given },
      ),
  };
}

/** One side of a handshake: where it runs, and whose ML-KEM it uses. */
export type Side = { runtime: Runtime; kind: KemKind };

/** All five messages, from one runtime to the other. @returns what each side ended with */
export async function shakeHands(i: Side, r: Side, link: Link): Promise<[Agreement, Agreement]> {
  await r.runtime.ask("respond", r.kind, link);
  const hs1 = await i.runtime.ask("initiate", i.kind, link);
  const hs2 = await r.runtime.ask("hearMessage", "R", hs1);
  const hs3 = await i.runtime.ask("hearMessage", "I", replyOf(hs2));
  const hs4 = await r.runtime.ask("hearMessage", "R", replyOf(hs3));
  const ofI = await i.runtime.ask("hearMessage", "I", replyOf(hs4));
  const ofR = await r.runtime.ask("hearMessage", "R", replyOf(ofI));
  if (ofI.agreement === undefined || ofR.agreement === undefined)
    throw new Error("a side did not authenticate");
  return [ofI.agreement, ofR.agreement];
}

/** A task of the lab, whose answer is a promise in whichever runtime it runs. */
type Task<Name extends keyof Lab> = (
  ...given: Parameters<Lab[Name]>
) => Promise<Awaited<ReturnType<Lab[Name]>>>;

function replyOf({ reply }: { reply?: string }): string {
  if (reply === undefined) throw new Error("no reply");
  return reply;
}
