import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const floor = fileURLToPath(new URL("./node-floor.mjs", import.meta.url));

/** Run the check as if this Node had another version. */
function on(version: string) {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } })`;
  return spawnSync(process.execPath, ["--import", `data:text/javascript,${pretend}`, floor], {
    encoding: "utf8",
  });
}

test.each(["18.20.8", "20.18.3", "21.7.3", "22.11.0"])(
  "Node %s is told what to do, in a sentence",
  (version) => {
    const { status, stderr } = on(version);
    expect(status).toBe(1);
    expect(stderr).toContain(`this is ${version}`);
    expect(stderr).not.toContain("    at ");
  },
);

test.each(["20.19.0", "22.12.0", "24.0.0"])("Node %s will do", (version) => {
  expect(on(version)).toMatchObject({ status: 0, stderr: "" });
});
