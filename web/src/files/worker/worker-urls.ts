/// <reference types="vite/client" />
import engineUrl from "./engine-worker.ts?worker&url";
import gateUrl from "./lazy-worker.ts?worker&url";
import type { ScriptPolicy } from "./trusted-types.ts";

let policy: ScriptPolicy | undefined;

/**
 * Address of the worker of files, a constant of the build, as the page's policy wants it. The one policy that the page
 * allows gives this and nothing else, whatever it is asked.
 */
export function workerUrl(): string {
  policy ??= globalThis.trustedTypes?.createPolicy("nr", { createScriptURL: () => gateUrl });
  return policy?.createScriptURL("") ?? gateUrl;
}

/** What the gate loads when it is needed. */
export const ENGINE_URL = engineUrl;
