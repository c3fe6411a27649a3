import type { Bytes } from "../brand.ts";
import { GuardedSink } from "../files/guarded-sink.ts";
import { keptBlob } from "../files/kept.ts";
import type { ChosenDestination, FileWriter, Received, SinkFactory } from "../files/sink.ts";

/** A destination in memory for any file, for tests that do not care where files go. */
export function plainDestination(): SinkFactory & ChosenDestination {
  return {
    open: async ({ name, type, size }, signal) => new GuardedSink(new PlainWriter(name, type), size, signal),
    pass() {
      return this;
    },
  };
}

/** What a test saves of a received file. */
export async function savedBytes(received: Received | undefined): Promise<Bytes> {
  const blob = received?.type === "kept" ? await received.file.blob() : new Blob();
  return new Uint8Array(await blob.arrayBuffer());
}

class PlainWriter implements FileWriter {
  readonly #name: string;
  readonly #type: string;
  #chunks: Bytes[] = [];

  constructor(name: string, type: string) {
    this.#name = name;
    this.#type = type;
  }

  async write(chunk: Bytes): Promise<void> {
    this.#chunks.push(chunk);
  }

  async close(): Promise<Received> {
    return { type: "kept", file: keptBlob(new Blob(this.#chunks, { type: this.#type }), this.#name) };
  }

  async drop(): Promise<void> {
    this.#chunks = [];
  }
}
