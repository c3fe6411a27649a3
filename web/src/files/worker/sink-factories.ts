import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import { GuardedSink } from "@nullroom/core/files/guarded-sink";
import type { FileDescription, FileWriter, SinkFactory } from "@nullroom/core/files/sink";
import { SplitWriter } from "@nullroom/core/files/split-writer";
import { isDestinationRef } from "../save/destination-ref.ts";
import { FolderWriter } from "./folder-writer.ts";
import { MemoryWriter } from "./memory-writer.ts";
import { PickedWriter } from "./picked-writer.ts";
import { SharedVault } from "./sealed/shared-vault.ts";
import { VaultWriter } from "./sealed/vault-writer.ts";
import { storedAs, ZipWriter } from "./zip-writer.ts";

/** Opens, in the worker, the destinations that the page names. */
export class SinkFactories {
  readonly #vault = new SharedVault();

  factoryOf(ref: unknown): SinkFactory {
    if (!isDestinationRef(ref)) throw new NullroomError("E_UNSUPPORTED", "this is no destination");
    switch (ref.kind) {
      case "memory": // The page has counted the bytes.
        return writerFactory(async (file) => new MemoryWriter(file));
      case "sealed":
        return writerFactory((file) => VaultWriter.open(this.#vault, file));
      case "file": {
        const { handle } = ref;
        return writerFactory(() => PickedWriter.open(handle));
      }
      case "folder":
        return folderFactory(ref.handle);
      default:
        return ref satisfies never;
    }
  }
}

/** A destination that stores one file at a time. A set goes into it as one archive. */
function writerFactory(openWriter: (file: FileDescription) => Promise<FileWriter>): SinkFactory {
  return {
    async open(file, signal) {
      const inner = await opened(() => openWriter(storedAs(file)));
      const writer = file.set ? new SplitWriter(file.set, new ZipWriter(inner)) : inner;
      return new GuardedSink(writer, file.size, signal);
    },
  };
}

function folderFactory(parent: FileSystemDirectoryHandle): SinkFactory {
  return {
    async open({ name, size, set }, signal) {
      if (!set) throw new NullroomError("E_FILE_NAME", "one file alone needs no folder");
      const folder = await opened(() => FolderWriter.open(parent, name));
      return new GuardedSink(new SplitWriter(set, folder), size, signal);
    },
  };
}

async function opened<Writer>(openWriter: () => Promise<Writer>): Promise<Writer> {
  try {
    return await openWriter();
  } catch (thrown) {
    throw asNullroomError(thrown, "E_FILE_READ", "the destination has gone");
  }
}
