import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/** A tool that this repository installed. */
export function tool(name) {
  return join(root, "node_modules", ".bin", windows ? `${name}.cmd` : name);
}

/**
 * Run a program to its end.
 *
 * @param {string[]} command - the program and its arguments
 * @param {{ quiet?: boolean, limitMs?: number, env?: Record<string, string> }} [options] - `quiet` keeps the
 *   output back; `limitMs` ends the program and all of its children, so that nothing here can hang for ever
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run([program, ...args], { quiet = false, limitMs, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
      shell: windows,
      // A group of its own, so that the limit reaches browsers and servers too.
      detached: limitMs !== undefined && !windows,
    });
    const output = [];
    child.stdout?.on("data", (chunk) => output.push(chunk));
    child.stderr?.on("data", (chunk) => output.push(chunk));

    const end = () => (windows ? child.kill() : process.kill(-child.pid, "SIGKILL"));
    const limit = limitMs === undefined ? undefined : setTimeout(end, limitMs);
    const passOn = () => end();
    if (limitMs !== undefined) for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, passOn);

    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(limit);
      for (const signal of ["SIGINT", "SIGTERM"]) process.removeListener(signal, passOn);
      resolve({ ok: code === 0, output: Buffer.concat(output).toString() });
    });
  });
}

/** npm, the very one that runs this script where there is one. */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  return run(cli?.endsWith(".js") ? [process.execPath, cli, ...args] : ["npm", ...args], options);
}

export async function fileExists(path) {
  const { access } = await import("node:fs/promises");
  return access(path).then(
    () => true,
    () => false,
  );
}
