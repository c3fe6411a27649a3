export type ScriptPolicy = { createScriptURL(url: string): string };

declare global {
  /** What we use of Trusted Types; TypeScript's DOM does not know them yet. */
  var trustedTypes:
    | { createPolicy(name: "nr", rules: { createScriptURL: () => string }): ScriptPolicy }
    | undefined;
}
