import { takeInvite } from "./invite.ts";
import { invited } from "./room.ts";

const base = new URL(document.documentElement.dataset.base ?? "../", location.href);

/** A page that is rendered in advance has no visitor yet: nothing happens until it has one. */
function begin(): void {
  void invited(base, takeInvite(globalThis));
}

if ("prerendering" in document && document.prerendering === true) {
  document.addEventListener("prerenderingchange", begin, { once: true });
} else {
  begin();
}
