import type { FileDescription, FileSink, KeptFile } from "@nullroom/core/files/sink";
import { SinkFactories } from "../../../web/src/files/worker/sink-factories.ts";
import { CHUNK_BYTES, chunkOf } from "./content.ts";
import { outcome } from "./outcome.ts";

/** What the lab's page has its worker do, since the product opens its sinks in a worker too. */
export type Work = typeof work;

const factories = new SinkFactories();
let sink: FileSink | undefined;
let lifetime = new AbortController();
let kept: KeptFile | undefined;
let size = 0;
let fed = 0;

const work = {
  async open(ref: unknown, file: FileDescription) {
    lifetime = new AbortController();
    sink = undefined;
    kept = undefined;
    fed = 0;
    size = file.size;
    sink = await factories.factoryOf(ref).open(file, lifetime.signal);
  },

  /** Feed the next bytes up to `end`, waiting for each chunk as a session does. */
  async feed(end: number) {
    if (!sink) throw new Error("nothing is open");
    while (fed < end) {
      const chunk = chunkOf(fed / CHUNK_BYTES, size);
      fed += chunk.length;
      await sink.write(chunk);
    }
    return fed;
  },

  /** Finish the file. Of one that is kept, only name and type are returned: a page asks for its bytes by `blob`. */
  async finish() {
    const received = await sink?.finish();
    if (received?.type !== "kept") return { received: received?.type };
    kept = received.file;
    return { received: received.type, kept: { name: kept.name, type: kept.type } };
  },

  abort: async () => sink?.abort(),
  discard: async () => kept?.discard(),
  end: () => lifetime.abort(),
  blob: async () => kept?.blob(),

  /** Refuse the names that Chromium refuses on a real disk, though not in the origin's private file system. */
  refuseNames() {
    const { prototype } = FileSystemDirectoryHandle;
    for (const method of ["getFileHandle", "getDirectoryHandle"] as const) {
      const usual = prototype[method] as (name: string, options?: object) => Promise<never>;
      const strict = async function (this: FileSystemDirectoryHandle, name: string, options?: object) {
        if (name === "desktop.ini" || name.includes("~")) throw new TypeError("Name is not allowed.");
        return usual.call(this, name, options);
      };
      Object.assign(prototype, { [method]: strict });
    }
  },
};

addEventListener("message", async ({ data: { name, given }, ports: [port] }: MessageEvent) => {
  const task = work[name as keyof Work] as (...given: unknown[]) => unknown;
  port?.postMessage(await outcome(() => task(...given)));
});
