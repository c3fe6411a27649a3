/**
 * `npm run setup`, which the test commands call first: installs the programs that the tests talk to, where it may.
 * With `NULLROOM_SETUP=off` it installs nothing and says what is missing. Nothing is skipped for want of a program.
 */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

/** Each program, the Debian package that has it, and what it is for. */
const PROGRAMS = [
  { command: "chromium", package: "chromium", for: "journeys in Chromium" },
  { command: "firefox-esr", package: "firefox-esr", for: "journeys in Firefox" },
  { command: "redis-server", package: "redis-server", for: "rooms kept in Redis" },
  { command: "turnserver", package: "coturn", for: "relays" },
  { command: "openssl", package: "openssl", for: "the relay's certificate" },
  { command: "ip", package: "iproute2", for: "machines at the ends of cables" },
  { command: "tcpdump", package: "tcpdump", for: "what passes over those cables" },
  { command: "unzip", package: "unzip", for: "what a received archive holds" },
];

/**
 * A package that brings a service would start it. While `policy-rc.d` says no, Debian's scripts do not; the shell takes the
 * file away again however it ends, and leaves one alone that was there before.
 */
const INSTALL = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update
apt-get -q -y install --no-install-recommends "$@"`;

/** Install what the tests need, or say what to install. @returns {Promise<boolean>} */
export async function ensurePrograms() {
  const missing = [];
  for (const program of PROGRAMS) if (!(await inPath(program.command))) missing.push(program);
  if (missing.length === 0) return true;
  const packages = missing.map((program) => program.package);

  const isAllowed = process.env.NULLROOM_SETUP !== "off";
  const prefix = isAllowed ? await rootPrefix() : undefined;
  if (prefix !== undefined && (await inPath("apt-get"))) {
    console.log(`Installing with apt-get, for the tests: ${packages.join(", ")}.`);
    const installed = await run([...prefix, "sh", "-c", INSTALL, "install", ...packages], { quiet: true });
    if (installed.ok) return true;
    console.log(installed.output);
  }
  const reason = isAllowed ? "this account may not install" : "NULLROOM_SETUP=off forbids to install";
  const list = missing.map((program) => `${program.command} (${program.for})`).join(", ");
  console.error(
    `The tests need ${list}, which this machine lacks and ${reason}.\n` +
      `On Debian: sudo apt-get install ${packages.join(" ")}. Elsewhere: put these programs into the PATH.`,
  );
  return false;
}

/** What to write before a command to be root, or undefined where that cannot be. */
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

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await ensurePrograms()) ? 0 : 1;
