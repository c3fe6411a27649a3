import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
const decisionNames = readdirSync(join(root, "docs/decisions"))
  .filter((name) => name !== "README.md")
  .sort();
const decisions = decisionNames.map((name) => `docs/decisions/${name}`);
const V2 = "core/src/session/v2";
const otherPages = [
  "docs/files.md",
  "docs/recovery.md",
  "docs/rekey.md",
  "docs/decisions/README.md",
  `${V2}/README.md`,
];

/** Every folder with source, and what lies in it. Products of builds and other people's code are none. */
const SOURCE_ROOTS: string[] = [
  ...JSON.parse(read("scripts/cruised-folders.json")),
  "deploy",
  "docs",
  "spec",
];
const sourceFiles = SOURCE_ROOTS.flatMap((folder) => filesBelow(folder));

describe.each([...pages, ...otherPages, ...decisions])("%s", (page) => {
  test("links lead somewhere", () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target]) => target as string,
    );
    expect(links.filter((target) => !existsSync(join(root, page, "..", target)))).toEqual([]);
  });

  test("names files that exist", () => {
    const paths = [...read(page).matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path]) => path as string);
    // Products of the build come and go; `x/y` names of packages are no files.
    const ours = paths.filter((path) =>
      /^(core|server|web|testing|e2e|scripts|spec|docs|bench|\.ci)\//.test(path),
    );
    const missing = ours.filter((path) => !existsSync(join(root, path)) && !path.includes("dist"));
    expect(missing).toEqual([]);
  });
});

/** Read already, though what they switch on is still to come. */
const NOT_YET = ["NULLROOM_TOKENS_DIR", "NULLROOM_TOKENS_LEDGER", "NULLROOM_TOKENS_TTL_SECONDS"];

test("the README's table of settings is the server's", () => {
  const source = read("server/src/config.ts");
  const known = [...source.matchAll(/\b(?:setting|secret)(?:<[^(]*>)?\(\s*"([A-Z_]+)"/g)].map(
    ([, name]) => name,
  );
  const rows = read("README.md").match(/^\| `[A-Z].*$/gm) ?? [];
  const told = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  );
  expect(known.length).toBeGreaterThan(10);
  expect([...told, ...NOT_YET].sort()).toEqual(known.sort());
});

test("every dependency has its line of reason", () => {
  const reasons = read("docs/decisions/0009-dependencies.md");
  const named = ["package.json", "core/package.json", "server/package.json", "web/package.json"].flatMap(
    (path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
      return Object.keys({ ...dependencies, ...devDependencies });
    },
  );
  expect(named.filter((name) => !name.startsWith("@nullroom/") && !reasons.includes(`\`${name}\``))).toEqual(
    [],
  );
});

describe("decisions", () => {
  type Row = { number: number; title: string; file: string; date: string; status: string };
  const rowShape = /^\| (\d+) \| \[(.+)\]\((.+)\) \| (\S+) \| (.+) \|$/gm;
  const rows: Row[] = [...read("docs/decisions/README.md").matchAll(rowShape)].map(
    ([, number, title = "", file = "", date = "", status = ""]) => ({
      ...{ number: Number(number), title, file, date, status },
    }),
  );

  test("run from 1 without a gap, in the names of their files and in their titles", () => {
    const numbers = decisionNames.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(decisionNames.map((_, at) => at + 1));
    expect(decisions.map((path) => Number(read(path).match(/^# (\d+)\. /)?.[1]))).toEqual(numbers);
  });

  test("are in the index, each with its title and date", () => {
    const told = decisions.map((path, at) => {
      const [heading = "", , date = ""] = read(path).split("\n");
      const file = decisionNames[at];
      return { number: at + 1, title: heading.replace(/^# \d+\. /, ""), file, date: date.slice(0, 10) };
    });
    expect(rows.map(({ status: _, ...row }) => row)).toEqual(told);
    expect(rows.filter(({ date }) => !/^\d{4}-\d\d-\d\d$/.test(date))).toEqual([]);
  });

  test("that are superseded name a later one that exists", () => {
    const unfit = rows.filter(({ number, status }) => {
      const [, successor] = status.match(/^(?:accepted, in part )?superseded by (\d+)$/) ?? [];
      if (successor === undefined) return status !== "accepted";
      return Number(successor) <= number || Number(successor) > rows.length;
    });
    expect(unfit).toEqual([]);
  });

  test("exist wherever code, pages or other decisions refer to them by number", () => {
    const places = [...sourceFiles, ...pages, ...otherPages, ...decisions];
    const referring = /docs\/decisions\/(\d{4})|\bdecision (\d+)\b/g;
    const dangling = places.flatMap((path) =>
      [...read(path).matchAll(referring)]
        .map(([, file, number]) => Number(file ?? number))
        .filter((number) => number < 1 || number > decisions.length)
        .map((number) => `${path}: ${number}`),
    );
    expect(dangling).toEqual([]);
  });
});

describe("drawings", () => {
  const recovery = read("docs/recovery.md");
  const rekey = read("docs/rekey.md");
  const recoveryState = read(`${V2}/connect/recovery/state.ts`);

  test("docs/recovery.md draws exactly the phases and steps of the code", () => {
    const drawing = diagramIn(recovery);
    const drawn = [...drawing.matchAll(/^ *(\w+|\[\*\]) --> (\w+|\[\*\])/gm)].flatMap(([, from, to]) => [
      from,
      to,
    ]);
    const composite = [...drawing.matchAll(/^ *state (\w+) \{/gm)].map(([, name]) => name);
    const phases = membersOf(unionIn(recoveryState, "RecoveryState"), "phase");
    const steps = stringsIn(unionIn(recoveryState, "HandshakeStep"));
    expect(phases.size).toBeGreaterThan(3);
    expect(unique([...drawn, ...composite], "[*]")).toEqual(unique([...phases, ...steps]));
    const inside = drawing.slice(drawing.indexOf("state resuming {"), drawing.indexOf("  }"));
    const within = [...inside.matchAll(/^ {4}(\S+) --> (\w+)/gm)].flatMap(([, from, to]) => [from, to]);
    expect(unique(within, "[*]")).toEqual(unique([...steps]));
  });

  test("docs/recovery.md tells every event and every command, and no other", () => {
    const events = membersOf(unionIn(recoveryState, "RecoveryEvent"), "type");
    const commands = stringsIn(unionIn(recoveryState, "RecoveryCommand"));
    expect(unique(firstColumn(recovery, "event"))).toEqual(unique([...events]));
    expect(unique(firstColumn(recovery, "command"))).toEqual(unique([...commands]));
  });

  test("docs/rekey.md draws exactly the steps of the code, and says each message that it has", () => {
    const drawing = diagramIn(rekey);
    const states = unionIn(read(`${V2}/records/rekey-state.ts`), "RekeyState");
    const drawn = [...drawing.matchAll(/Note over [IR]: (.+)$/gm)].map(([, step]) => step);
    expect(unique(drawn)).toEqual(unique([...membersOf(states, "step")]));
    const said = [...drawing.matchAll(/[IR]->>[IR]: ([A-Z][A-Z_0-9]+)\b/g)].map(([, message]) => message);
    const messages = ["REKEY1", "REKEY2", "REKEY3", "REKEY4", "REKEY_REQ", "EPOCH"];
    expect(unique(said)).toEqual(unique([...messages, "LANE_OFFER", "LANE_ANSWER", "LANES"]));
  });

  test.each(["docs/recovery.md", "docs/rekey.md"])("the values in %s are those of the code", (page) => {
    const code = [
      `${V2}/connect/recovery/state.ts`,
      `${V2}/records/rekey-limits.ts`,
      `${V2}/timing.ts`,
      "core/src/limits.ts",
    ].map(read);
    const rows = [...read(page).matchAll(/^\| `([A-Z_]+)` \| ([\d.^]+)( s)? \|/gm)];
    const told = rows.map(
      ([, name, value = "", seconds]) => `${name} ${figure(value) * (seconds ? 1000 : 1)}`,
    );
    const known = rows.map(([, name]) => {
      const declared = new RegExp(`\\bconst ${name} = ([\\d_]+(?: \\*\\* \\d+)?);`);
      const values = code.flatMap((text) => text.match(declared)?.[1] ?? []);
      return `${name} ${values.map(figure).join(" or ")}`;
    });
    expect(rows.length).toBeGreaterThan(4);
    expect(told).toEqual(known);
  });

  test("docs/recovery.md has every constant of the table", () => {
    const constants = [...recoveryState.matchAll(/^export const ([A-Z_]+) =/gm)].map(([, name]) => name);
    expect(constants.filter((name) => !recovery.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (/^(node_modules|dist|\..*)$/.test(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

describe("the code map of ARCHITECTURE.md", () => {
  const [, map = ""] = read("ARCHITECTURE.md").match(/## Code map\n([\s\S]*?)\nImports go down only/) ?? [];
  const rows = [...map.matchAll(/^\| (`[^|]+) \| [^|]+ \| ([^|]+) \|$/gm)].map(
    ([, folders = "", begin = ""]) => ({
      folders: quoted(folders).map((folder) => folder.replace(/\/$/, "")),
      begin: quoted(begin),
    }),
  );
  const named = rows.flatMap(({ folders }) => folders);

  test("names every folder with source", () => {
    const folders = unique(sourceFiles.map((path) => path.slice(0, path.lastIndexOf("/"))));
    expect(folders.length).toBeGreaterThan(50);
    expect(folders.filter((folder) => !isMapped(folder ?? "", named))).toEqual([]);
  });

  test("would miss a folder of what ships, and a group of testing/", () => {
    expect(isMapped("core/src/session/v2/unheard-of", named)).toBe(false);
    expect(isMapped("web/src/unheard-of", named)).toBe(false);
    expect(isMapped("testing/unheard-of", named)).toBe(false);
    expect(isMapped("unheard-of", named)).toBe(false);
    expect(isMapped("e2e/unheard-of", named)).toBe(true);
  });

  test("names each folder once, and none that is not there", () => {
    expect(named.filter((folder, at) => named.indexOf(folder) !== at)).toEqual([]);
    expect(named.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
  });

  test("begins with files that are there", () => {
    const missing = rows.filter(({ folders, begin }) => {
      const files = folders.flatMap((folder) => filesBelow(folder)).map((path) => path.split("/").at(-1));
      return begin.length === 0 || begin.some((name) => !files.includes(name));
    });
    expect(missing).toEqual([]);
  });
});

/** Folders of what ships have a row each, and so have the groups of testing/. Elsewhere a row speaks for what lies below. */
function isMapped(folder: string, named: readonly string[]): boolean {
  const isShipped = /^(core|server|web)(\/|$)/.test(folder) && !folder.startsWith("server/src/testing/");
  const mayBeBelow = (row: string) => !isShipped && row !== "testing" && folder.startsWith(`${row}/`);
  const isPackage = folder === "core" || folder === "server"; // Their source is all in src/.
  return isPackage || named.some((row) => row === folder || mayBeBelow(row));
}

describe(`${V2}/README.md`, () => {
  const page = read(`${V2}/README.md`);
  const ofV2 = filesBelow(V2).filter((path) => path.endsWith(".ts") && !/\.(test|contract)\.ts$/.test(path));
  const isDeclared = (name: string, paths: readonly string[]) =>
    paths.some((path) => new RegExp(`\\b(class|interface|type) ${name}\\b`).test(read(path)));

  test("is short", () => expect(page.split("\n").length).toBeLessThanOrEqual(121));

  test("draws and explains what the code declares", () => {
    const core = filesBelow("core/src").filter((path) => path.endsWith(".ts"));
    const drawn =
      diagramIn(page)
        .replace(/"[^"]*"/g, "")
        .match(/\b[A-Z]\w+/g) ?? [];
    const explained = firstColumn(page, "word");
    const names = unique([...drawn, ...explained], "TD").flatMap((name) => name ?? []);
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => !isDeclared(name, core))).toEqual([]);
  });

  test("knows every folder and every class", () => {
    const folders = unique(
      ofV2.map((path) => path.slice(V2.length + 1).replace(/[^/]+$/, "")),
      "",
    );
    expect(unique(firstColumn(page, "folder"))).toEqual(folders);
    const exported = ofV2.flatMap((path) =>
      [...read(path).matchAll(/^export class (\w+)/gm)].map(([, name]) => name),
    );
    expect(unique(exported).filter((name) => !page.includes(name ?? ""))).toEqual([]);
  });

  test("walks through files that exist", () => {
    const files = [...page.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path]) => path ?? "");
    expect(files.length).toBeGreaterThan(20);
    expect(
      files.filter((path) => ![path, `${V2}/${path}`].some((each) => existsSync(join(root, each)))),
    ).toEqual([]);
  });
});

/** The one mermaid drawing of a page. */
function diagramIn(page: string): string {
  const diagrams = [...page.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, diagram]) => diagram ?? "");
  expect(diagrams.length).toBe(1);
  return diagrams[0] ?? "";
}

/** The text of a union type, up to the declaration that follows it. */
function unionIn(source: string, name: string): string {
  const begin = source.indexOf(`type ${name} =`);
  expect(begin).toBeGreaterThan(0);
  const rest = source.slice(begin).replace(/\/\*\*[\s\S]*?\*\//g, "");
  return rest.slice(0, rest.search(/;\n\n/));
}

function stringsIn(text: string): Set<string> {
  return new Set([...text.matchAll(/"([^"]+)"/g)].map(([, value]) => value ?? ""));
}

/** What the tag of a union may be. */
function membersOf(union: string, tag: string): Set<string> {
  const tags = [...union.matchAll(new RegExp(`\\b${tag}: ((?:"[^"]+"(?: \\| )?)+)`, "g"))];
  return new Set(tags.flatMap(([, values = ""]) => [...stringsIn(values)]));
}

/** Whatever stands in backquotes in the first column of the table that `heading` begins. */
function firstColumn(page: string, heading: string): string[] {
  const [, table = ""] = page.split(`\n| ${heading} |`);
  const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
  return rows.flatMap((row) => quoted(row.split("|")[1] ?? ""));
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");
}

function unique(names: readonly (string | undefined)[], ...without: string[]): (string | undefined)[] {
  return [...new Set(names)].filter((name) => !without.includes(name ?? "")).sort();
}

/** As pages and code write it: 3.5, 2^30, 3_500, 2 ** 30. */
function figure(written: string): number {
  const [base = "", exponent = "1"] = written.replaceAll("_", "").split(/ ?\^ ?| ?\*\* ?/);
  return Number(base) ** Number(exponent);
}
