import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../browsers/chromium-flags.ts";
import type { Canary } from "./encodings.ts";
import { scan, type Trace } from "./scan.ts";

/** A browser's profile on the disk. It outlives the browser, and its files can be searched. */
export class Profile implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), "nullroom-profile-")));
  }

  /** Start Chromium with this profile. To see what a crash leaves, end its process instead of closing it. */
  open(flags: readonly string[] = []): Promise<BrowserContext> {
    return chromium.launchPersistentContext(this.folder, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [...CHROMIUM_FLAGS, ...flags],
    });
  }

  scan(canaries: readonly Canary[]): Promise<readonly Trace[]> {
    return scan(this.folder, canaries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
