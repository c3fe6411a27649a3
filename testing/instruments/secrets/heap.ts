import type { Page } from "playwright-core";
import type { Found } from "./values.ts";

/** All that a page's JavaScript still keeps alive, whoever holds it. */
export type PageHeap = {
  readonly bytes: readonly Found<Uint8Array>[];
  readonly strings: readonly Found<string>[];
  /** Keys show no bytes, and can be used all the same: what each is and what it may do. */
  readonly keys: readonly string[];
};

/** What `install` leaves in the page. `memory` is base64, one for each buffer that is still alive. */
type HeapWatch = { read(): { memory: string[]; keys: string[] } };
type Watched = { nullroomHeapWatch: HeapWatch };

/**
 * Note every byte array and every key that a page makes. Call it before the page loads. It keeps weak references, so
 * that nothing is kept alive by being noted. It is needed because the debugger does not list arrays and a heap snapshot
 * does not hold their bytes. Workers have a heap of their own and are not watched.
 */
export async function watchHeap(page: Page): Promise<void> {
  await page.addInitScript(install);
}

/** Collect garbage and read what is left, which is what something still refers to. */
export async function readHeap(page: Page): Promise<PageHeap> {
  const session = await page.context().newCDPSession(page);
  try {
    // The second round collects what finalisers released in the first.
    for (let round = 0; round < 2; round++) await session.send("HeapProfiler.collectGarbage");
    const { memory, keys } = await page.evaluate(() =>
      (globalThis as typeof globalThis & Watched).nullroomHeapWatch.read(),
    );
    const strings: string[] = [];
    session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => strings.push(chunk));
    await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    return {
      bytes: memory.map((text, index) => ({ where: `array ${index}`, value: Buffer.from(text, "base64") })),
      strings: stringsIn(strings.join("")),
      keys,
    };
  } finally {
    await session.detach();
  }
}

/** The strings of a heap snapshot, which lists each of them once. */
function stringsIn(snapshot: string): Found<string>[] {
  const { strings } = JSON.parse(snapshot) as { strings: string[] };
  return strings.map((value, index) => ({ where: `string ${index}`, value }));
}

/** Runs in the page, before any of its scripts. */
function install(): void {
  const noted = new Set<WeakRef<object>>();
  const note = (made: unknown) => {
    if (made instanceof ArrayBuffer || ArrayBuffer.isView(made) || made instanceof CryptoKey)
      noted.add(new WeakRef(made));
    else if (typeof made === "object" && made !== null) Object.values(made).forEach(note); // A pair of keys.
  };
  const base64 = (buffer: ArrayBufferLike) => {
    let binary = "";
    for (const byte of new Native(buffer)) binary += String.fromCharCode(byte);
    return btoa(binary);
  };

  const Native = Uint8Array;
  const Noting: Uint8ArrayConstructor = new Proxy(Native, {
    construct(target, parameters, newTarget) {
      const made = Reflect.construct(target, parameters, newTarget === Noting ? target : newTarget);
      note(made);
      return made;
    },
  });
  // Through the species of an array its copies and slices come by here as well.
  Native.prototype.constructor = Noting;
  globalThis.Uint8Array = Noting;

  const subtle = SubtleCrypto.prototype as unknown as Record<
    string,
    (...parameters: unknown[]) => Promise<unknown>
  >;
  for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(subtle))) {
    if (typeof method !== "function" || name === "constructor") continue;
    subtle[name] = function (this: unknown, ...parameters) {
      const made = method.apply(this, parameters);
      if (made instanceof Promise) made.then(note, () => undefined);
      return made;
    };
  }

  const watch: HeapWatch = {
    read() {
      const alive = [...noted].flatMap((reference) => reference.deref() ?? []);
      const keys = alive.filter((each) => each instanceof CryptoKey);
      const buffers = alive.flatMap((each) =>
        ArrayBuffer.isView(each) ? each.buffer : each instanceof ArrayBuffer ? each : [],
      );
      return {
        memory: [...new Set(buffers)].filter(({ byteLength }) => byteLength > 0).map(base64),
        keys: keys.map(({ type, algorithm, usages }) => `${type} ${algorithm.name} for ${usages.join(", ")}`),
      };
    },
  };
  Object.defineProperty(globalThis, "nullroomHeapWatch", { value: watch });
}
