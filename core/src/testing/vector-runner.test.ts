import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadPortableKem } from "../crypto/kem-load.ts";
import { readObject } from "../wire/read.ts";
import { availableKems, runVectorFile } from "./vector-runner.ts";

const FOLDER = fileURLToPath(new URL("../../../spec/vectors/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const load = (name: string) => readObject(JSON.parse(readFileSync(FOLDER + name, "utf8")), name);
const kems = await availableKems();

describe.each(kems)("with the $kind ML-KEM", (kem) => {
  test.each(files)("%s", async (name) => {
    expect(await runVectorFile(load(name), kem)).toEqual([]);
  });
});

describe("a runner that cannot fail proves nothing", async () => {
  const kem = await loadPortableKem();
  const session = load("session.json");
  const names = Object.keys(session).filter((name) => name !== "note");
  const values = names.filter((name) => !name.startsWith("in."));

  test("each value is named when it is wrong", async () => {
    const spoiled = Object.fromEntries(values.map((name) => [name, spoil(String(session[name]))]));
    const differing = await runVectorFile({ ...session, ...spoiled }, kem);
    expect(differing.map(({ name }) => name).sort()).toEqual(values.toSorted());
    expect(
      (await runVectorFile({ ...session, th3: spoil(String(session.th3)) }, kem)).map(({ name }) => name),
    ).toEqual(["th3"]);
  });

  test("a changed input changes what follows from it", async () => {
    const changed = { ...session, "in.S": "23".repeat(32) };
    const differing = (await runVectorFile(changed, kem)).map(({ name }) => name);
    expect(differing).toEqual(
      expect.arrayContaining(["P0", "k0", "tagR", "rec", "chatRecord", "rekey.1.rec"]),
    );
    expect(differing).not.toContain("pkI");
  });

  test("an unknown key, a missing input, a value that is no string are failures", async () => {
    expect(await runVectorFile({ ...session, surplus: "00" }, kem)).toEqual([
      { name: "surplus", detail: "unknown key" },
    ]);
    expect(await runVectorFile({ ...session, "in.surplus": "00" }, kem)).toEqual([
      { name: "in.surplus", detail: "unknown key" },
    ]);
    const { "in.S": _, ...without } = session;
    expect(await runVectorFile(without, kem)).toEqual([{ name: "in.S", detail: "missing" }]);
    expect(await runVectorFile({ ...session, th0: 7 }, kem)).toHaveLength(1);
  });

  test("a case with another outcome, or of a kind that nobody runs, is one", async () => {
    const cases = [
      { name: "wrong", kind: "fragment", fragment: "2.", expect: "ok" },
      { name: "odd", kind: "nothing", expect: "ok" },
    ];
    expect((await runVectorFile({ cases }, kem)).map(({ name }) => name)).toEqual(["wrong", "odd"]);
  });
});

/** Still of the same kind, and different. */
function spoil(value: string): string {
  const last = value.at(-1) ?? "";
  if (value.startsWith("{")) return '{"t":"bye"}';
  return value.slice(0, -1) + (last === "0" ? "1" : "0");
}
