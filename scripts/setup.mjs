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

/** Debian keeps what only administrators start in these, which are not in everybody's PATH. */
const ADMINISTRATORS_FOLDERS = ["/usr/sbin", "/sbin"];

/**
 * Installs the packages that it is given, as root. A package that brings a service would start it, and it would stay. So
 * for as long as this runs a policy forbids that to Debian's scripts; where the machine has a policy already, that one
 * stands. However this ends, it leaves no policy of its own.
 */
const INSTALL = `
set -eu
policy=/usr/sbin/policy-rc.d
trap 'exit 130' HUP INT TERM
if ! test -e "$policy"; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update || echo "The lists of packages could not be renewed; those that are there are used."
apt-get -q -y install --no-install-recommends "$@"
`;

/** Install what the tests need, or say what to install. @returns {Promise<boolean>} */
export async function ensurePrograms() {
  const missing = await missingPrograms();
  if (missing.length === 0) return true;
  const packages = missing.map((program) => program.package);
  const obstacle = await tryInstalling(packages);
  if (obstacle === undefined) return true;
  const list = missing.map((program) => `${program.command} (${program.for})`).join(", ");
  console.error(
    `The tests need programs that this machine lacks: ${list}. ${obstacle}\n` +
      `On Debian: sudo apt-get install ${packages.join(" ")}. Elsewhere: put these programs into the PATH.`,
  );
  return false;
}

/** @returns {Promise<string | undefined>} what stood in the way, as a sentence */
async function tryInstalling(packages) {
  if (process.env.NULLROOM_SETUP === "off") return "NULLROOM_SETUP=off forbids installing them.";
  if (!(await inPath("apt-get"))) return "There is no apt-get to install them with.";
  const prefix = await rootPrefix();
  if (prefix === undefined) return "This account may not install them.";
  console.log(`Installing with apt-get, for the tests: ${packages.join(", ")}.`);
  const { ok, output } = await run([...prefix, "sh", "-c", INSTALL, "install", ...packages], { quiet: true });
  if (!ok) return `Installing them failed:\n${output}`;
  const still = await missingPrograms();
  if (still.length > 0) return `Still missing afterwards: ${still.map(({ command }) => command).join(", ")}.`;
  return undefined;
}

async function missingPrograms() {
  const missing = [];
  for (const program of PROGRAMS) if (!(await inPath(program.command))) missing.push(program);
  return missing;
}

/** What to write before a command to be root, or undefined where that cannot be. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!(await inPath("sudo"))) return undefined;
  return (await run(["sudo", "-n", "true"], { quiet: true })).ok ? ["sudo", "-n"] : undefined;
}

async function inPath(command) {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...ADMINISTRATORS_FOLDERS]) {
    const found = await access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await ensurePrograms()) ? 0 : 1;
