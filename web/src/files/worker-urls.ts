/// <reference types="vite/client" />
import engineUrl from "./desk/engine-worker.ts?worker&url";
import gateUrl from "./desk/gate-worker.ts?worker&url";
import sealedUrl from "./sealed/worker.ts?worker&url";

/** What we use of Trusted Types; TypeScript's DOM does not know them yet. */
type PolicyFactory = {
  createPolicy(
    name: "nr",
    rules: { createScriptURL: (which: string) => string },
  ): { createScriptURL(which: string): string };
};

declare global {
  var trustedTypes: PolicyFactory | undefined;
}

/** Constants of the build. The one policy that the page allows gives these and nothing else, whatever it is asked. */
const URLS: Record<string, string> = { gate: gateUrl, sealed: sealedUrl };

let policy: ReturnType<PolicyFactory["createPolicy"]> | undefined;

/** Address of a worker as the page's policy wants it. */
export function workerUrl(which: "gate" | "sealed"): string {
  const createScriptURL = (asked: string) => URLS[asked] ?? "";
  policy ??= globalThis.trustedTypes?.createPolicy("nr", { createScriptURL });
  return policy?.createScriptURL(which) ?? createScriptURL(which);
}

/** What the gate loads when it is needed. */
export const ENGINE_URL = engineUrl;
