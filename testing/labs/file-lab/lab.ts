import type { DestinationChoice } from "@nullroom/core/files/choose-destination";
import { fileSet, type SetEntry } from "@nullroom/core/files/file-set";
import { hasherOf } from "@nullroom/core/files/hasher";
import type { FileDescription, KeptFile, SinkKind } from "@nullroom/core/files/sink";
import type { FileSource } from "@nullroom/core/files/source";
import { sourceOf } from "@nullroom/core/files/source-of";
import { Destinations } from "../../../web/src/files/save/destinations.ts";
import { droppedEntries, pastedImages } from "../../../web/src/files/select/data-transfer.ts";
import { asOffering, chosenFiles, walked } from "../../../web/src/files/select/sources.ts";
import { preview } from "../../../web/src/files/show/preview.ts";
import type { ScriptPolicy } from "../../../web/src/files/worker/trusted-types.ts";
import { removeOrphanedFiles } from "../../../web/src/orphaned-files.ts";
import { okOf, outcome } from "./outcome.ts";
import type { Work } from "./worker.ts";
import workerUrl from "./worker.ts?worker&url";

/** What a test can ask of a page about the product's sinks and sources. Arguments and answers are plain JSON. */
export type Lab = typeof lab;
export type Wanted = { kind: SinkKind; size: number; name?: string; files?: SetEntry[] };

declare global {
  interface Window {
    lab: Lab;
  }
}

/** Files are read by slices: a blob's stream, read to its end, leaves hundreds of megabytes to Chromium's collector. */
const READ_BYTES = 4 * 1024 * 1024;
const PICKED = "picked by the person";

const destinations = new Destinations(window);
const policy: ScriptPolicy | undefined = globalThis.trustedTypes?.createPolicy("nr", {
  createScriptURL: () => workerUrl,
});
const worker = new Worker(policy?.createScriptURL("") ?? workerUrl, { type: "module" });
/** The lifetime of what a file takes of the page. Its sink in the worker has a lifetime of its own. */
let lifetime = new AbortController();
let kept: Pick<KeptFile, "name" | "type"> | undefined;
let source: FileSource | undefined;

const lab = {
  capabilities: () => destinations.capabilities(),

  choose: (wanted: number): Promise<DestinationChoice> =>
    destinations.choose(describe({ kind: "memory", size: wanted })),

  open: (wanted: Wanted) =>
    outcome(async () => {
      lifetime.abort();
      lifetime = new AbortController();
      kept = undefined;
      const file = describe(wanted);
      const destination = await destinations.take(wanted.kind, file);
      if (!destination) return "declined";
      await inWorker("open", destination.pass(file, lifetime.signal), file);
      return wanted.kind;
    }),

  feed: (end: number) => outcome(() => inWorker("feed", end)),

  finish: () =>
    outcome(async () => {
      const finished = await inWorker("finish");
      kept = finished.kept;
      return finished.received;
    }),

  abort: () => release("abort"),
  discard: () => release("discard"),
  end: () => release("end"),
  refuseNames: () => outcome(() => inWorker("refuseNames")),

  /** Read the file that the person would save, whichever kind of sink holds it. */
  readBack: (path: string) =>
    outcome(async () => {
      const blob = kept ? await savedBlob() : await pickedFile(path);
      const hasher = hasherOf("whole");
      for (let at = 0; at < blob.size; at += READ_BYTES) {
        await hasher.update(new Uint8Array(await blob.slice(at, at + READ_BYTES).arrayBuffer()));
      }
      return { name: kept?.name, type: kept?.type, size: blob.size, sha256: hex(await hasher.digest()) };
    }),

  readSmall: () => outcome(async () => hex(new Uint8Array(await (await savedBlob()).arrayBuffer()))),

  /** Offer the file as the product does, by a link to the browser's own downloads. */
  offerSaving() {
    const button = document.createElement("button");
    button.textContent = kept?.name ?? "";
    button.onclick = async () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await savedBlob());
      link.download = kept?.name ?? "";
      link.click();
    };
    document.querySelector('[role="log"]')?.replaceChildren(button);
  },

  /** All paths in the origin's private file system. */
  stored: async () => list(await navigator.storage.getDirectory()),
  usage: async () => (await navigator.storage.estimate()).usage,
  sweep: () => removeOrphanedFiles(navigator),

  async wipePicked() {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(PICKED, { recursive: true }).catch(() => undefined);
  },

  /** Let a folder of the private file system stand in for the person's disk, since headless browsers have no dialogs. */
  standInForPickers() {
    const folder = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle(PICKED, { create: true });
    window.showSaveFilePicker = async ({ suggestedName }) =>
      (await folder()).getFileHandle(suggestedName, { create: true });
    window.showDirectoryPicker = folder;
  },
  closePickers() {
    window.showSaveFilePicker = async () => {
      throw new DOMException("planted", "AbortError");
    };
  },

  readSource: (offset: number, length: number) =>
    outcome(async () => hex((await source?.read(offset, length)) ?? new Uint8Array())),
  sourceIs: () =>
    source && { name: source.name, type: source.type, size: source.size, entries: source.set?.entries },
  forgetSource() {
    source = undefined;
  },

  async paste() {
    const data = new DataTransfer();
    data.items.add("<b>words</b>", "text/html");
    data.items.add(new File([new Uint8Array(5)], "image.png", { type: "image/png" }));
    return pastedImages(data).map(({ name, size }) => [name, size]);
  },

  /** Draw an image of this size, then preview it; or preview just these bytes. */
  preview: (wanted: { type: string; width: number; height: number } | { bytes: number[] }, edge: number) =>
    outcome(async () => {
      const blob = "bytes" in wanted ? new Blob([new Uint8Array(wanted.bytes)]) : await draw(wanted);
      const bitmap = await preview(blob, edge);
      return [bitmap.width, bitmap.height];
    }),
};

window.lab = lab;

document.querySelector("input")?.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.files?.length === 0) return;
  source = sourceOf(asOffering(chosenFiles(target.files ?? [])));
  target.value = ""; // Without this the same file chosen again would be no change.
});
const drop = document.querySelector("#drop");
drop?.addEventListener("dragover", (event) => event.preventDefault());
drop?.addEventListener("drop", (event) => {
  event.preventDefault();
  const data = event instanceof DragEvent ? event.dataTransfer : undefined;
  if (data) void walked(droppedEntries(data)).then((chosen) => (source = sourceOf(asOffering(chosen))));
});

function describe({ size: bytes, name = "file.bin", files }: Wanted): FileDescription {
  if (!files) return { name, type: "application/octet-stream", size: bytes };
  const set = fileSet(name, files);
  return { name: set.name, type: "application/octet-stream", size: set.size, set };
}

/** @throws whatever the worker refuses it with */
async function inWorker<Name extends keyof Work>(
  name: Name,
  ...given: Parameters<Work[Name]>
): Promise<Awaited<ReturnType<Work[Name]>>> {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise<MessageEvent>((resolve) => {
    port1.onmessage = resolve;
  });
  worker.postMessage({ name, given }, [port2]);
  const { data } = await answered;
  port1.close();
  return okOf<Awaited<ReturnType<Work[Name]>>>(data);
}

/** End the file in the worker, and first release what it took of the page, as a session does. */
function release(how: "abort" | "discard" | "end") {
  lifetime.abort();
  return outcome(() => inWorker(how));
}

async function savedBlob(): Promise<Blob> {
  return (await inWorker("blob")) ?? new Blob();
}

async function pickedFile(path: string): Promise<File> {
  const parts = [PICKED, ...path.split("/")];
  const name = parts.pop() ?? "";
  let folder = await navigator.storage.getDirectory();
  for (const part of parts) folder = await folder.getDirectoryHandle(part);
  return (await folder.getFileHandle(name)).getFile();
}

/** The paths in a folder. A folder that is removed meanwhile has none. */
async function list(folder: FileSystemDirectoryHandle): Promise<string[]> {
  return walk(folder).catch(() => []);
}

async function walk(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const paths: string[] = [];
  for await (const [name, handle] of folder.entries()) {
    paths.push(name);
    if (handle instanceof FileSystemDirectoryHandle) {
      paths.push(...(await list(handle)).map((path) => `${name}/${path}`));
    }
  }
  return paths.sort();
}

async function draw({ type, width, height }: { type: string; width: number; height: number }): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.fillRect(0, 0, width / 2, height);
  return canvas.convertToBlob({ type });
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
