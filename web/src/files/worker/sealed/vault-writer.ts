import type { Bytes } from "@nullroom/core/brand";
import { asRefusal, NullroomError } from "@nullroom/core/errors";
import type { FileDescription, FileWriter, KeptFile, Received } from "@nullroom/core/files/sink";
import { LentBlob } from "./lent-blob.ts";
import type { Opened, SharedVault } from "./shared-vault.ts";

/** Keeps one received file sealed in the vault. */
export class VaultWriter implements FileWriter {
  readonly #file: FileDescription;
  readonly #vault: SharedVault;
  readonly #opened: Opened;
  readonly #lifetime = new AbortController();
  #dropped: Promise<void> | undefined;
  readonly #lent = new LentBlob();

  private constructor(file: FileDescription, vault: SharedVault, opened: Opened) {
    this.#file = file;
    this.#vault = vault;
    this.#opened = opened;
  }

  /** @throws NullroomError "E_FILE_LIMIT" when the browser does not give this much storage */
  static async open(vault: SharedVault, file: FileDescription): Promise<VaultWriter> {
    return new VaultWriter(file, vault, await vault.open(file.size));
  }

  async write(chunk: Bytes): Promise<void> {
    this.#lifetime.signal.throwIfAborted();
    await this.#opened.file.append(chunk);
  }

  async close(): Promise<Received> {
    await this.#opened.file.end();
    const { name, type, size } = this.#file;
    const file: KeptFile = {
      ...{ name, type, size },
      blob: () => this.#blob(type),
      discard: () => this.drop(),
    };
    return { type: "kept", file };
  }

  drop(): Promise<void> {
    this.#lifetime.abort(new NullroomError("E_FILE_CANCELLED", "the file was given up"));
    this.#lent.takeBack();
    this.#dropped ??= this.#vault.close(this.#opened);
    return this.#dropped;
  }

  /** The file as a blob. The browser reads the stream as it goes and keeps the bytes where it keeps large blobs. */
  async #blob(type: string): Promise<Blob> {
    const { signal } = this.#lifetime;
    const stream = this.#opened.file.stream(signal);
    try {
      return this.#lent.lend(await new Response(stream, { headers: { "content-type": type } }).blob());
    } catch (thrown) {
      signal.throwIfAborted(); // The browser hides why a stream failed, so a file that was given up is told apart here.
      throw asRefusal(thrown, "E_FILE_READ", "the sealed file cannot be read");
    }
  }
}
