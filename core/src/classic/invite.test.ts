import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NullroomError } from "../errors.ts";
import { formatFragment, LINK_KEY_BYTES, makeLinkKey, parseFragment } from "./invite.ts";

/** Made with `exportKey("jwk")` in a browser, for the key of 32 bytes 0, 1, 2, … */
const FROM_A_BROWSER =
  "eyJhbGciOiJBMjU2R0NNIiwiZXh0Ijp0cnVlLCJrIjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOCIsImtleV9vcHMiOlsiZW5jcnlwdCIsImRlY3J5cHQiXSwia3R5Ijoib2N0In0=";

const jwk = (fields: object) =>
  btoa(JSON.stringify({ kty: "oct", alg: "A256GCM", k: "A".repeat(43), ...fields }));

describe("a classic fragment", () => {
  test("is what browsers write", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(formatFragment(key)).toBe(FROM_A_BROWSER);
    expect(parseFragment(FROM_A_BROWSER)).toEqual(key);
  });

  test("comes back as the key it was made from, also with its padding escaped or cut off", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = new Uint8Array(bytes);
        const fragment = formatFragment(key);
        expect(parseFragment(fragment)).toEqual(key);
        expect(parseFragment(fragment.replaceAll("=", "%3D"))).toEqual(key);
        expect(parseFragment(fragment.replaceAll("=", ""))).toEqual(key);
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["a protocol 2 fragment", `2.${"A".repeat(43)}`],
    ["a cut one", FROM_A_BROWSER.slice(0, -20)],
    ["no JSON", btoa("hello")],
    ["no object", btoa("[]")],
    ["another kind of key", jwk({ kty: "RSA" })],
    ["another algorithm", jwk({ alg: "A128GCM" })],
    ["a short key", jwk({ k: "AAAA" })],
    ["a long key", jwk({ k: "A".repeat(64) })],
    ["a key in another alphabet", jwk({ k: `${"A".repeat(42)}+` })],
    ["a key with stray bits", jwk({ k: `${"A".repeat(42)}B` })],
    ["no key", jwk({ k: undefined })],
    ["what is no base64", `${FROM_A_BROWSER.slice(0, 10)}!${FROM_A_BROWSER.slice(11)}`],
  ])("refuses %s", (_, fragment) => {
    expect(() => parseFragment(fragment)).toThrow("E_LINK_FORMAT");
  });

  test("never throws anything but a refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(btoaUtf8)), (fragment) => {
        try {
          expect(parseFragment(fragment)).toHaveLength(LINK_KEY_BYTES);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NullroomError);
        }
      }),
    );
  });

  test("no two keys are the same", () => {
    expect(makeLinkKey()).not.toEqual(makeLinkKey());
  });
});

function btoaUtf8(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
