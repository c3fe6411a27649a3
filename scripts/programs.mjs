import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

/** What the tests talk to, by Debian's names: command → package. */
const PROGRAMS = {
  chromium: "chromium",
  "firefox-esr": "firefox-esr",
  "redis-server": "redis-server",
  turnserver: "coturn",
  openssl: "openssl",
  ip: "iproute2",
  tcpdump: "tcpdump",
  unzip: "unzip",
};

/** Install the programs that the tests need, or say what to install. Nothing is skipped for want of one. */
export async function ensurePrograms() {
  const missing = [];
  for (const [command, name] of Object.entries(PROGRAMS)) if (!(await inPath(command))) missing.push(name);
  if (missing.length === 0) return true;

  const prefix = await rootPrefix();
  if (prefix !== undefined && (await inPath("apt-get"))) {
    console.log(`Installing ${missing.join(", ")} …`);
    const apt = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
    const updated = await run([...apt, "update"], { quiet: true });
    const installed = await run([...apt, "install", "--no-install-recommends", ...missing], { quiet: true });
    if (installed.ok) return true;
    console.log(`${updated.output}\n${installed.output}`);
  }
  console.error(
    `The tests need ${missing.join(", ")}, which this machine lacks and this account may not install.\n` +
      `On Debian: sudo apt-get install ${missing.join(" ")}. Elsewhere: put ${Object.keys(PROGRAMS).join(", ")} into the PATH.`,
  );
  return false;
}

/** What to write before a command to be root, or undefined. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!(await inPath("sudo"))) return undefined;
  return (await run(["sudo", "-n", "true"], { quiet: true })).ok ? ["sudo", "-n"] : undefined;
}

async function inPath(command) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const found = await access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
