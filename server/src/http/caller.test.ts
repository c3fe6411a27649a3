import { expect, test } from "vitest";
import { identify } from "./caller.ts";

function caller(headers: { [name: string]: string }, trustedProxies = 0, origins: string[] = []) {
  return identify((name) => headers[name], "203.0.113.9", { trustedProxies, origins });
}

test.each<[string, string | undefined, number, string]>([
  ["nobody is trusted", "198.51.100.1", 0, "203.0.113.9"],
  ["one proxy", "6.6.6.6, 198.51.100.1", 1, "198.51.100.1"],
  ["two proxies", "6.6.6.6, 198.51.100.1, 10.0.0.1", 2, "198.51.100.1"],
  ["fewer entries than proxies", "198.51.100.1", 3, "198.51.100.1"],
  ["no header", undefined, 1, "203.0.113.9"],
  ["an empty header", "", 1, "203.0.113.9"],
])("the address, with %s", (_name, forwarded, proxies, address) => {
  expect(caller(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }, proxies).address).toBe(
    address,
  );
});

test.each<[string | undefined, string | undefined, boolean]>([
  [undefined, "room.example", true],
  ["https://room.example", "room.example", true],
  ["http://room.example:3000", "room.example:3000", true],
  ["https://room.example", "room.example:443", true],
  ["http://room.example", "room.example:80", true],
  ["http://[::1]:3000", "[::1]:3000", true],
  ["https://room.example:444", "room.example", false],
  ["https://room.example.evil.example", "room.example", false],
  ["https://evil.example", "room.example", false],
  ["null", "room.example", false],
  ["", "room.example", false],
  ["chrome-extension://room.example", "room.example", false],
  ["https://room.example", undefined, false],
])("origin %s at host %s: %s", (origin, host, allowed) => {
  const headers = { ...(origin === undefined ? {} : { origin }), ...(host === undefined ? {} : { host }) };
  expect(caller(headers).originAllowed).toBe(allowed);
});

test("a proxy that rewrites the host says which one it was", () => {
  const headers = {
    host: "10.0.0.2:3000",
    "x-forwarded-host": "room.example",
    origin: "https://room.example",
  };
  expect(caller(headers, 0).originAllowed).toBe(false);
  expect(caller(headers, 1).originAllowed).toBe(true);
});
