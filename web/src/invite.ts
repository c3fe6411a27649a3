/** Under this name the page's first script (partials/boot.html) leaves the fragment it took out of the address bar. */
const LEFT_AS = "nullroomInvite";

/** Take what is there, once: afterwards only the caller has it. */
export function takeInvite(scope: object): string | undefined {
  const fragment: unknown = Reflect.get(scope, LEFT_AS);
  Reflect.deleteProperty(scope, LEFT_AS);
  return typeof fragment === "string" ? fragment : undefined;
}
