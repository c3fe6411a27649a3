import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Run one `ip` command. @returns its output @throws with the command and what it wrote */
export async function ip(...args: string[]): Promise<string> {
  try {
    return (await run("ip", args)).stdout;
  } catch (cause) {
    throw new Error(`ip ${args.join(" ")} failed${said(cause)}`, { cause });
  }
}

/** Delete a namespace at once, at the end of the process, where nothing can be awaited any more. */
export function deleteNamespaceNow(name: string): void {
  spawnSync("ip", ["netns", "del", name], { stdio: "ignore" });
}

/**
 * Check beforehand that a lab can be made, so that a test says in one sentence what is missing.
 *
 * @throws where this machine or account cannot make network namespaces
 */
export async function requireNamespaces(): Promise<void> {
  if (process.platform !== "linux") throw new Error("Network namespaces exist on Linux only.");
  if (process.getuid?.() !== 0) {
    throw new Error("Network namespaces need root: run these tests as root, or with sudo.");
  }
  await run("ip", ["-Version"]).catch((cause: unknown) => {
    throw new Error("Network namespaces need the command ip (Debian: apt-get install iproute2).", { cause });
  });
  const probe = `nullroom-${process.pid}-probe`;
  await ip("netns", "add", probe).catch((cause: unknown) => {
    throw new Error("This machine forbids network namespaces, even to root (CAP_SYS_ADMIN).", { cause });
  });
  await ip("netns", "del", probe);
}

function said(cause: unknown): string {
  const stderr = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
  return stderr === "" ? "" : `: ${stderr}`;
}
