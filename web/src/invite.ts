/** The page's first script (partials/boot.html) keeps the fragment from the address bar on the window, by this name. */
const INVITE_PROPERTY = "nullroomInvite";

/** Take the invite off the window, once: afterwards only the caller has it. */
export function takeInvite(scope: object): string | undefined {
  const fragment: unknown = Reflect.get(scope, INVITE_PROPERTY);
  Reflect.deleteProperty(scope, INVITE_PROPERTY);
  return typeof fragment === "string" ? fragment : undefined;
}
