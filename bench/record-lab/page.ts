import { microseconds } from "./work.ts";

declare global {
  interface Window {
    microseconds: typeof microseconds;
  }
}

window.microseconds = microseconds;
