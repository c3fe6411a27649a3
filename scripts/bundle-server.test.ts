import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { TestRedis } from "../testing/services/redis.ts";
import { until } from "../testing/until.ts";

const ROOT = join(import.meta.dirname, "..");

test("the bundle serves rooms from Redis where nothing of the sources is left", {
  timeout: 60_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "bundle-"));
  await using redis = await TestRedis.start();
  await promisify(execFile)(process.execPath, [
    join(ROOT, "scripts", "bundle-server.mjs"),
    join(directory, "server", "dist"),
  ]);
  expect(await readdir(join(directory, "server", "dist"))).toEqual(["main.js"]);
  await cp(join(ROOT, "server", "src", "testing", "pages"), join(directory, "web", "dist"), {
    recursive: true,
  });

  const server = spawn(process.execPath, [join(directory, "server", "dist", "main.js")], {
    cwd: directory,
    env: { PORT: "0", HOST: "127.0.0.1", REDIS_URL: redis.url },
  });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (said += String(text)));
  try {
    await until("the server to listen", () => said.includes("listening on"));
    const [url] = /http:\/\/[^\s/]+/.exec(said) ?? [];
    expect((await fetch(`${url}/up`)).status).toBe(200);
    expect((await fetch(`${url}/rooms`, { method: "POST" })).status).toBe(201);
  } finally {
    server.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
});
