import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCode, NullroomError } from "../../../errors.ts";
import { fileSet } from "../../../files/file-set.ts";
import { SET_ENTRIES, SET_PART_BYTES, SET_PATH_BYTES } from "../../../limits.ts";
import { parseFileFrame } from "../../../wire/file-frame-readers.ts";
import { formatFileFrame } from "../../../wire/file-frames.ts";
import { CODES } from "../../../wire/frames.ts";
import { descriptionOf, type Offer, OfferAssembly, type OfferFrame, offerFrames } from "./offers.ts";

type Entry = { path: string; size: number };

/** As the other side hears it: through the codec and back. */
function heard(files: readonly Entry[], name = "trip"): Offer | undefined {
  const set = fileSet(name, files);
  const offers = new OfferAssembly();
  let offer: Offer | undefined;
  for (const frame of offerFrames(7, { name: set.name, type: "", size: set.size, set })) {
    const bytes = formatFileFrame(frame);
    expect(bytes.body.length).toBeLessThanOrEqual(SET_PART_BYTES);
    expect(offer, "nothing is whole before the last frame").toBeUndefined();
    offer = offers.hearFrame(parseFileFrame(bytes) as OfferFrame);
  }
  return offer;
}

const path = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("a", "A", "..", "con")), {
    maxLength: 4,
  })
  .map((parts) => parts.join("/"));

describe("a set", () => {
  test("is heard as it was offered, whatever it holds", () => {
    const files = fc.array(fc.record({ path, size: fc.maxSafeNat() }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(files, fc.string({ unit: "binary" }), (given, name) => {
        const total = given.reduce((sum, { size }) => sum + size, 0);
        fc.pre(Number.isSafeInteger(total));
        const offer = heard(given, name);
        expect(offer).toMatchObject({ fileId: 7, size: total });
        expect(offer && descriptionOf(offer)?.set).toEqual(fileSet(name, given));
      }),
    );
  });

  test("of as many files, of as long names, as there may be, is heard and made safe within a second", () => {
    const longest = (at: number) => `${"d".repeat(119)}/${String(at).padStart(SET_PATH_BYTES - 120, "0")}`;
    const files = Array.from({ length: SET_ENTRIES }, (_, at) => ({ path: longest(at), size: at }));
    const offer = heard(files);
    const started = performance.now();
    const set = offer && descriptionOf(offer)?.set;
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(set?.entries).toEqual(files);
  });

  test("that cannot be saved under its names is shown to nobody", () => {
    const files = [{ path: "con/".repeat(50), size: 1 }];
    expect(descriptionOf({ fileId: 1, size: 1, name: "trip", files })).toBeUndefined();
  });
});

describe("lies", () => {
  test("whatever comes as a set, and in whatever order, is an offer, nothing yet, or refused by name", () => {
    const ids = fc.integer({ min: 1, max: 2 });
    const small = fc.integer({ min: 0, max: 3 });
    const frame = fc.oneof(
      fc.record({
        type: fc.constant("file_set" as const),
        fileId: ids,
        size: small,
        entries: small,
        name: path,
      }),
      fc.record({
        type: fc.constant("file_set_part" as const),
        fileId: ids,
        files: fc.array(fc.record({ path, size: small }), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant("file_offer" as const),
        ...{ fileId: ids, size: small, name: path, mime: fc.constant("text/plain") },
      }),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        const offers = new OfferAssembly();
        try {
          for (const each of frames) {
            const offer = offers.hearFrame(each);
            if (offer && "files" in offer) {
              expect(offer.files.reduce((sum, { size }) => sum + size, 0)).toBe(offer.size);
            }
          }
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NullroomError);
          expect(["E_RECORD_TYPE", "E_FILE_SIZE"]).toContain((thrown as NullroomError).code);
        }
      }),
    );
  });

  test("any bytes are frames of a set, or refused by name", () => {
    const type = fc.constantFrom(CODES.file_set, CODES.file_set_part);
    // Mostly zeros: bytes by chance alone hardly ever get as far as a path.
    const bytes = fc.array(fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 255 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(type, bytes, (code, body) => {
        try {
          const frame = parseFileFrame({ type: code, body: Uint8Array.from(body) });
          expect(formatFileFrame(frame as OfferFrame).body).toEqual(Uint8Array.from(body));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NullroomError);
          expect(["E_RECORD_TYPE", "E_RECORD_UTF8"] satisfies ErrorCode[]).toContain(
            (thrown as NullroomError).code,
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a set that is never whole keeps no more than the largest there may be", () => {
    const offers = new OfferAssembly();
    offers.hearFrame({ type: "file_set", fileId: 1, size: 0, entries: SET_ENTRIES, name: "s" });
    const files = Array.from({ length: 70 }, () => ({ path: "p".repeat(SET_PATH_BYTES), size: 0 }));
    const part = { type: "file_set_part", fileId: 1, files } as const;
    const all = () => {
      for (let at = 0; at < SET_ENTRIES; at++) offers.hearFrame(part);
    };
    expect(all).toThrow(/E_RECORD_TYPE/);
  });
});
