import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressPrefix } from "./prefix.ts";

describe("addressPrefix", () => {
  test.each([
    ["192.0.2.1", "192.0.2.254"],
    ["::ffff:192.0.2.1", "192.0.2.77"],
    ["::ffff:c000:0201", "192.0.2.77"],
    ["0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.77"],
    ["2001:db8:0:1234::1", "2001:db8:0:12ff:ffff::"],
    ["2001:DB8::1", "2001:db8:0:0:0:0:0:2"],
    ["fe80::1%eth0", "fe80::2%lo"],
    ["nonsense", ""],
  ])("%s and %s are one", (one, other) => {
    expect(addressPrefix(one)).toBe(addressPrefix(other));
  });

  test.each([
    ["192.0.2.1", "192.0.3.1"],
    ["2001:db8:0:1234::1", "2001:db8:0:1334::1"],
    ["::192.0.2.1", "192.0.2.1"],
    ["::", "0.0.0.0"],
    ["1.2.3.4", "1.2.3.4:80"],
  ])("%s and %s are two", (one, other) => {
    expect(addressPrefix(one)).not.toBe(addressPrefix(other));
  });

  test("any address reads the same when only its last byte differs, mapped or not", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 255 }), (address, last) => {
        const sibling = address.replace(/[0-9]+$/, String(last));
        expect(addressPrefix(`::ffff:${sibling}`)).toBe(addressPrefix(address));
      }),
    );
  });

  test("reads whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string()), (address) => {
        expect(addressPrefix(address)).toMatch(/^(\?|4:[0-9.]+|6:[0-9.]+)$/);
      }),
    );
  });
});
