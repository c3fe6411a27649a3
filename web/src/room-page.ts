import { takeInvite } from "./invite.ts";
import { openInvite } from "./room.ts";

const base = new URL(document.documentElement.dataset.base ?? "../", location.href);

/** A page that the browser renders in advance has no visitor yet, so nothing happens until it has one. */
function begin(): void {
  void openInvite(base, takeInvite(globalThis));
}

if ("prerendering" in document && document.prerendering === true) {
  document.addEventListener("prerenderingchange", begin, { once: true });
} else {
  begin();
}
