import { BareLink } from "./bare-link.ts";

declare global {
  interface Window {
    link: BareLink;
  }
}

window.link = new BareLink();
