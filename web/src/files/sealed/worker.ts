import { Desk } from "./desk.ts";
import { SharedVault } from "./shared-vault.ts";

/**
 * Seals, hashes and stores files off the page's thread. Each message brings a port for one file. It is built as
 * one file of its own: an import map's integrity does not reach into workers.
 */
const vault = new SharedVault();

addEventListener("message", ({ ports }: MessageEvent) => {
  for (const port of ports) new Desk(port, vault);
});
