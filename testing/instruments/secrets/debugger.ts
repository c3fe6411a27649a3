import type { Debugger as DebuggerDomain, Runtime, Session } from "node:inspector/promises";

export type Remote = Runtime.RemoteObject;
export type Property = Pick<Runtime.PropertyDescriptor, "name" | "value" | "get" | "set">;
/** Node's types do not know the private ones yet. */
type Answer = Runtime.GetPropertiesReturnType & { privateProperties?: Property[] };

/** This process's own inspector, with as much of its protocol as a walk needs. */
export class Debugger {
  readonly #session: Session;
  /** The scripts of Node itself and of libraries: their objects belong to the walk, their modules do not. */
  readonly #runtimeScripts = new Set<string>();

  private constructor(session: Session) {
    this.#session = session;
  }

  static async attach(session: Session): Promise<Debugger> {
    const attached = new Debugger(session);
    session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => {
      if (/^node:|\/node_modules\//.test(url)) attached.#runtimeScripts.add(scriptId);
    });
    await session.post("Debugger.enable");
    return attached;
  }

  async evaluate(expression: string): Promise<Remote> {
    return (await this.#session.post("Runtime.evaluate", { expression })).result;
  }

  /** All that it has: its own properties, the private ones, and what the engine keeps about it. */
  async properties({ objectId = "" }: Remote): Promise<Property[]> {
    const answer: Answer = await this.#session.post("Runtime.getProperties", {
      objectId,
      ownProperties: true,
    });
    return [...answer.result, ...(answer.internalProperties ?? []), ...(answer.privateProperties ?? [])];
  }

  /** Whether this says of a function that it is Node's or a library's own, which leads to all of them and to no session. */
  isRuntimeLocation(remote: Remote | undefined): boolean {
    if (remote?.subtype !== "internal#location") return false;
    return this.#runtimeScripts.has((remote.value as DebuggerDomain.Location).scriptId);
  }

  /** Run a function with one object as `this` and another as its argument, and take its answer by value. */
  async call<T>(objectId: string, body: (...args: never[]) => T, argument: string | undefined): Promise<T> {
    const { result, exceptionDetails } = await this.#session.post("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: body.toString(),
      arguments: [argument === undefined ? {} : { objectId: argument }],
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(
        `the walk tripped: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`,
      );
    }
    return result.value as T;
  }
}
