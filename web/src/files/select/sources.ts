import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import { fileSet } from "@nullroom/core/files/file-set";
import { fileOffering, type Offering, setOffering } from "@nullroom/core/files/offering";
import { SET_ENTRIES } from "@nullroom/core/limits";

/** A file that a person chose, and where it lay within what was chosen. */
export type Chosen = { readonly path: string; readonly file: File };

/** Of sets that are no folder with a name of its own. */
const SET_NAME = "files";
/** Folders within folders, also where a link leads round in a circle. */
const DEPTH = 16;

/** What an `<input type=file>` holds, `webkitdirectory` included. */
export function chosenFiles(files: Iterable<File>): Chosen[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** What was dropped, folders walked. */
export async function walked(entries: readonly (FileSystemEntry | File)[]): Promise<Chosen[]> {
  const found: Chosen[] = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ path: entry.name, file: entry });
    else await walk(entry, "", found, 0);
  }
  return found;
}

/** Text that is too long for a message. */
export function textFile(text: string): Chosen {
  return { path: "text.txt", file: new File([text], "text.txt", { type: "text/plain" }) };
}

/**
 * One file as itself; several, or a folder, as one set.
 * @throws NullroomError "E_FILE_LIMIT", "E_FILE_NAME" as `fileSet`
 */
export function asOffering(chosen: readonly Chosen[]): Offering {
  const [first] = chosen;
  if (first && chosen.length === 1 && !first.path.includes("/")) return fileOffering(first.file);
  const folder = commonFolder(chosen);
  const inside = (path: string) => (folder === undefined ? path : path.slice(folder.length + 1));
  const set = fileSet(
    folder ?? SET_NAME,
    chosen.map(({ path, file }) => ({ path: inside(path), size: file.size })),
  );
  return setOffering(
    set,
    chosen.map(({ file }) => file),
  );
}

/** The name of the one folder in which everything lies. */
function commonFolder(chosen: readonly Chosen[]): string | undefined {
  const [name, ...others] = new Set(chosen.map(({ path }) => path.split("/", 1)[0]));
  return others.length === 0 && chosen.every(({ path }) => path.includes("/")) ? name : undefined;
}

async function walk(entry: FileSystemEntry, folder: string, found: Chosen[], depth: number): Promise<void> {
  if (found.length >= SET_ENTRIES) throw new NullroomError("E_FILE_LIMIT", "too many files at once");
  if (depth > DEPTH) throw new NullroomError("E_FILE_NAME", "folders lie too deep in one another");
  const path = folder + entry.name;
  if (isFile(entry)) found.push({ path, file: await fileOf(entry) });
  else if (isFolder(entry)) {
    for (const child of await childrenOf(entry)) await walk(child, `${path}/`, found, depth + 1);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return asked((resolve, reject) => entry.file(resolve, reject));
}

/** A reader gives some at a time (Chromium: 100) and nothing when it has given all. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await asked<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
    if (all.length > SET_ENTRIES) throw new NullroomError("E_FILE_LIMIT", "too many files at once");
  }
}

async function asked<T>(
  ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  try {
    return await new Promise<T>(ask);
  } catch (thrown) {
    throw asNullroomError(thrown, "E_FILE_READ", "what was dropped cannot be read");
  }
}
