export type ScriptPolicy = { createScriptURL(url: string): string };

declare global {
  /** The part of Trusted Types that is used here. TypeScript's DOM does not know them yet. */
  var trustedTypes:
    | { createPolicy(name: "nr", rules: { createScriptURL: () => string }): ScriptPolicy }
    | undefined;
}
