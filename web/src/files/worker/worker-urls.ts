/// <reference types="vite/client" />
import engineUrl from "./engine-worker.ts?worker&url";
import lazyWorkerUrl from "./lazy-worker.ts?worker&url";
import type { ScriptPolicy } from "./trusted-types.ts";

let policy: ScriptPolicy | undefined;

/**
 * The address of the file worker, as Trusted Types want it. It is a constant of the build: the only policy that the
 * page allows returns this address, whatever it is asked for.
 */
export function workerUrl(): string {
  policy ??= globalThis.trustedTypes?.createPolicy("nr", { createScriptURL: () => lazyWorkerUrl });
  return policy?.createScriptURL("") ?? lazyWorkerUrl;
}

/** The engine, which the lazy worker loads when it is needed. */
export const ENGINE_URL = engineUrl;
