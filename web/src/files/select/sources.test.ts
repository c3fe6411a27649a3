import { sourceOf } from "@nullroom/core/files/source-of";
import { expect, test } from "vitest";
import { asOffering, type Chosen, textFile } from "./sources.ts";

const chosen = (path: string, text = path): Chosen => ({
  path,
  file: new File([text], path.split("/").pop() ?? ""),
});

test("one file is itself", () => {
  expect(asOffering([chosen("photo.jpg")])).toMatchObject({ name: "photo.jpg", size: 9 });
  expect(asOffering([chosen("photo.jpg")]).set).toBeUndefined();
});

test("several are a set, a folder is a set of its own name", () => {
  const paths = (...given: string[]) => asOffering(given.map((path) => chosen(path))).set;
  expect(paths("a.txt", "b.txt")).toMatchObject({
    name: "files",
    entries: [{ path: "a.txt" }, { path: "b.txt" }],
  });
  expect(paths("trip/a", "trip/x/b")).toMatchObject({
    name: "trip",
    entries: [{ path: "a" }, { path: "x/b" }],
  });
  expect(paths("trip/a")).toMatchObject({ name: "trip", entries: [{ path: "a" }] });
  expect(paths("trip/a", "other/a")).toMatchObject({
    name: "files",
    entries: [{ path: "trip/a" }, { path: "other/a" }],
  });
  expect(paths("trip", "trip/a")).toMatchObject({
    name: "files",
    entries: [{ path: "trip (2)" }, { path: "trip/a" }],
  });
});

test("nothing is no offer", () => {
  expect(() => asOffering([])).toThrow(/E_FILE_LIMIT/);
});

test("a long text becomes a file that says only that it is text", async () => {
  const offering = asOffering([textFile("words")]);
  expect(offering).toMatchObject({ name: "text.txt", type: "text/plain", size: 5 });
  expect(new TextDecoder().decode(await sourceOf(offering).read(0, 5))).toBe("words");
});
