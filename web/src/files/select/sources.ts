import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import { fileSet } from "@nullroom/core/files/file-set";
import { fileOffering, type Offering, setOffering } from "@nullroom/core/files/offering";
import { SET_ENTRIES } from "@nullroom/core/limits";

/** A file that a person chose, and its path within the chosen folder. */
export type Chosen = { readonly path: string; readonly file: File };

/** The name of a set whose files do not come from one folder. */
const SET_NAME = "files";
/** Folders may lie this deep in one another. The limit also ends a walk round links that lead in a circle. */
const DEPTH = 16;

/** The files of an `<input type=file>`, with or without `webkitdirectory`. */
export function chosenFiles(files: Iterable<File>): Chosen[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * All files among dropped entries, those in folders included.
 * @throws NullroomError "E_FILE_LIMIT", "E_FILE_NAME" for too many or too deep; "E_FILE_READ"
 */
export async function walked(entries: readonly (FileSystemEntry | File)[]): Promise<Chosen[]> {
  const found: Chosen[] = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ path: entry.name, file: entry });
    else await walk(entry, "", found, 0);
  }
  return found;
}

/** A text that is too long for a message, as a file. */
export function textFile(text: string): Chosen {
  return { path: "text.txt", file: new File([text], "text.txt", { type: "text/plain" }) };
}

/**
 * The offering of chosen files: one file as itself, several files or a folder as one set.
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

/** The name of the folder in which all files lie, if there is one. */
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

/** The reader gives some entries at a time (Chromium: 100), and none once it has given all. */
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
