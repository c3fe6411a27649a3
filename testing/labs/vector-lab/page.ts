import { type Lab, lab } from "./lab.ts";

declare global {
  interface Window {
    vectorLab: Lab;
  }
}

window.vectorLab = lab;
