/// <reference types="vite/client" />
import engineUrl from "./engine-worker.ts?worker&url";
import lazyUrl from "./lazy-worker.ts?worker&url";
import type { ScriptPolicy } from "./trusted-types.ts";

let policy: ScriptPolicy | undefined;

/**
 * Address of the worker of files, a constant of the build, as the page's policy wants it. The one policy that the page
 * allows gives this and nothing else, whatever it is asked.
 */
export function workerUrl(): string {
  policy ??= globalThis.trustedTypes?.createPolicy("nr", { createScriptURL: () => lazyUrl });
  return policy?.createScriptURL("") ?? lazyUrl;
}

/** What the lazy engine loads. */
export const ENGINE_URL = engineUrl;
