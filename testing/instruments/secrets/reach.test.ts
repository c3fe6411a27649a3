import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { reachableFrom } from "./reach.ts";
import { holding } from "./values.ts";

type Secret = Uint8Array<ArrayBuffer>;

class Keeper {
  readonly #secret: Secret;
  constructor(secret: Secret) {
    this.#secret = secret;
  }
  get length(): number {
    return this.#secret.length;
  }
}

function counter(secret: Secret): () => number {
  let uses = 0;
  return () => {
    uses += 1;
    return secret.length + uses;
  };
}

const everMade = new Map<string, Secret>();
class Hoarder {
  readonly name: string;
  constructor(secret: Secret) {
    this.name = "hoarder";
    everMade.set("last", secret);
  }
  last(): Secret | undefined {
    return everMade.get("last");
  }
}

/** Each a way in which a session could keep a secret without anybody seeing it in the code that wipes. */
const hidingPlaces: [string, (secret: Secret) => object][] = [
  ["a field", (secret) => ({ keys: { master: secret } })],
  ["a #private field", (secret) => ({ keeper: new Keeper(secret) })],
  ["a symbol", (secret) => ({ [Symbol("hidden")]: secret })],
  ["a property that is not enumerable", (secret) => Object.defineProperty({}, "hidden", { value: secret })],
  ["a Map's value", (secret) => new Map([["key", secret]])],
  ["a Map's key", (secret) => new Map([[secret, 1]])],
  ["a Set", (secret) => new Set([secret])],
  [
    "a WeakMap that is still alive",
    (secret) => {
      const owner = {};
      return { owner, weak: new WeakMap([[owner, secret]]) };
    },
  ],
  ["a closure's variable", (secret) => ({ count: counter(secret) })],
  [
    "a getter's closure",
    (secret) => ({
      get size() {
        return secret.length;
      },
    }),
  ],
  ["a bound argument", (secret) => ({ task: ((bytes: Secret) => bytes.length).bind(undefined, secret) })],
  ["a resolved promise", (secret) => ({ ready: Promise.resolve(secret) })],
  [
    "a rejected promise's cause",
    (secret) => {
      const failed = Promise.reject(new Error("no", { cause: { secret } }));
      failed.catch(() => undefined);
      return { failed };
    },
  ],
  [
    "an event listener",
    (secret) => {
      const target = new EventTarget();
      target.addEventListener("change", () => expect(secret.length).toBe(32));
      return { target };
    },
  ],
  [
    "a listener on an AbortSignal",
    (secret) => {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", () => expect(secret.length).toBe(32));
      return { controller };
    },
  ],
  ["a timer", (secret) => ({ timer: setTimeout(() => secret.fill(0), 1_000).unref() })],
  [
    "a suspended generator",
    (secret) => {
      const steps = (function* () {
        yield secret.length;
        yield secret[0];
      })();
      steps.next();
      return { steps };
    },
  ],
  ["a module's variable, behind a method", (secret) => new Hoarder(secret)],
  ["a proxy's target", (secret) => new Proxy({ secret }, {})],
  [
    "the rest of a larger buffer",
    (secret) => {
      const pool = new Uint8Array(256);
      pool.set(secret, 100);
      return { view: pool.subarray(0, 10) };
    },
  ],
  ["a DataView", (secret) => new DataView(secret.buffer)],
  ["a list of numbers", (secret) => ({ list: [...secret] })],
  ["a text in base64url", (secret) => ({ link: `#2.${Buffer.from(secret).toString("base64url")}` })],
  ["a text in hex", (secret) => [Buffer.from(secret).toString("hex")]],
  ["a BigInt", (secret) => ({ scalar: BigInt(`0x${Buffer.from(secret).toString("hex")}`) })],
  ["an object without prototype", (secret) => Object.assign(Object.create(null) as object, { secret })],
];

test.each(hidingPlaces)("a secret in %s is reached", async (_, hide) => {
  const secret = new Uint8Array(randomBytes(32));
  const found = holding(await reachableFrom(hide(secret)), secret);
  expect(found.length).toBeGreaterThan(0);
});

test.each(hidingPlaces)("and another one is not found in %s", async (_, hide) => {
  const values = await reachableFrom(hide(new Uint8Array(randomBytes(32))));
  expect(holding(values, new Uint8Array(randomBytes(32)))).toEqual([]);
});

test("what was filled with zeros is gone", async () => {
  const secret = new Uint8Array(randomBytes(32));
  const copy = secret.slice();
  const keeper = { secret };
  secret.fill(0);
  expect(holding(await reachableFrom(keeper), copy)).toEqual([]);
});

test("a CryptoKey is handed over with the path to it", async () => {
  const algorithm = { name: "AES-GCM", length: 256 };
  const key = await globalThis.crypto.subtle.generateKey(algorithm, false, ["decrypt"]);
  const { keys } = await reachableFrom({ chain: { key } });
  expect(keys.map(({ where }) => where)).toEqual(["session.chain.key"]);
  expect(keys[0]?.value).toBe(key);
});

test("a walk from something that holds the world stops at it", async () => {
  const values = await reachableFrom({ process, globalThis });
  expect(values.bytes).toEqual([]);
});
