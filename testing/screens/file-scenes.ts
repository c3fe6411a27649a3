import type { Page } from "playwright-core";
import { INVITE, type Scene, secure } from "./scene.ts";

const MIB = 1024 * 1024;

/** Scenes of files in every situation. */
export const FILE_SCENES: Scene[] = [
  {
    name: "room-files",
    path: INVITE,
    show: async (page) => {
      await acquainted(page);
      await page.evaluate(() => {
        const kept = { name: "Lease, signed.pdf", type: "application/pdf", size: 4_404_019 };
        const file = {
          ...kept,
          async blob() {
            return new Blob(["x"]);
          },
          async discard() {
            return undefined;
          },
        };
        const received = { type: "kept", file } as const;
        fake.file({ id: "in-1", status: "delivered", moved: 4_404_019, received });
        fake.file({ id: "in-2", name: "plans.zip", status: "offered" });
        fake.file({ id: "out-3", name: "photo.jpeg", status: "delivered", size: 812_441, moved: 812_441 });
        fake.file({ id: "out-4", name: "scan.tiff", status: "failed", code: "E_FILE_READ" });
        fake.file({ id: "out-5", name: "minutes.odt", status: "moving", moved: 3_100_000 });
      });
      await page.getByLabel("Choose file").evaluate((input: HTMLInputElement) => {
        const chosen = new DataTransfer();
        chosen.items.add(new File([new Uint8Array(16 * 1024 * 1024 + 1)], "holiday.mov"));
        input.files = chosen.files;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      await page.getByText("is larger than").waitFor();
    },
  },
  {
    name: "room-files-offers",
    path: INVITE,
    show: async (page) => {
      await acquainted(page);
      await page.evaluate((mib) => {
        const entries = Array.from({ length: 37 }, (_, at) => ({
          path: at === 30 ? "Tools/viewer.exe" : `Kitchen/photo ${at}.jpeg`,
          size: mib,
        }));
        const set = { name: "Flat, photos", size: 37 * mib, entries };
        fake.file({
          id: "in-1",
          name: "Flat, photos",
          type: "application/octet-stream",
          size: 37 * mib,
          set,
          status: "offered",
        });
        fake.file({
          id: "in-2",
          name: "setup for your computer.exe",
          type: "application/octet-stream",
          size: 91 * mib,
          status: "offered",
        });
        fake.file({ id: "out-3", name: "minutes.odt", status: "offered" });
        fake.file({ id: "out-4", name: "annex.odt", status: "queued" });
      }, MIB);
      await page.locator(".file-set > summary").click();
      await accepts(page, 2);
    },
  },
  {
    name: "room-files-offer-too-large",
    path: INVITE,
    show: async (page) => {
      await page.evaluate(() => {
        Object.assign(window, { showSaveFilePicker: undefined });
        navigator.storage.estimate = async () => ({ quota: 300 * 1024 * 1024, usage: 0 });
      });
      await acquainted(page);
      await page.evaluate(() => {
        fake.file({
          id: "in-1",
          name: "film.mov",
          type: "video/quicktime",
          size: 3_600_000_000,
          status: "offered",
        });
        fake.file({
          id: "in-2",
          name: "trailer.mov",
          type: "video/quicktime",
          size: 90_000_000,
          status: "offered",
        });
      });
      await accepts(page, 1);
    },
  },
  {
    name: "room-files-moving",
    path: INVITE,
    show: async (page) => {
      await acquainted(page);
      await page.evaluate((mib) => {
        fake.protocol = "2";
        const size = 900 * mib;
        fake.file({
          id: "in-1",
          name: "film.mov",
          size,
          moved: 300 * mib,
          status: "moving",
          speed: 9.3 * mib,
          leftMs: 64_000,
        });
        fake.file({
          id: "out-2",
          name: "backup.tar",
          size,
          moved: 700 * mib,
          status: "paused",
          pausedBy: "me",
        });
        fake.file({
          id: "out-3",
          name: "slides.odp",
          size: 20 * mib,
          moved: 3 * mib,
          status: "paused",
          pausedBy: "connection",
        });
        fake.file({ id: "in-4", name: "notes.txt", status: "cancelled" });
        fake.file({
          id: "in-5",
          name: "Flat, photos",
          size,
          status: "delivered",
          received: { type: "saved" },
        });
      }, MIB);
    },
  },
  {
    name: "room-files-picture",
    path: INVITE,
    show: async (page) => {
      await acquainted(page);
      await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(800, 500);
        const pen = canvas.getContext("2d");
        for (let at = 0; at < 40; at++) {
          if (pen) pen.fillStyle = `hsl(${at * 9} 40% 60%)`;
          pen?.fillRect(at * 20, 0, 20, 500);
        }
        const blob = await canvas.convertToBlob({ type: "image/png" });
        const file = {
          name: "door.png",
          type: "image/png",
          size: blob.size,
          async blob() {
            return blob;
          },
          async discard() {
            return undefined;
          },
        };
        const transfer = { name: "door.png", type: "image/png", size: blob.size, moved: blob.size } as const;
        fake.file({ id: "in-1", ...transfer, status: "delivered", received: { type: "kept", file } });
      });
      await page.getByRole("button", { name: "Show picture" }).click();
      await page.locator("canvas").waitFor();
    },
  },
  {
    name: "room-files-too-long",
    path: INVITE,
    show: async (page) => {
      await acquainted(page);
      await page.getByRole("textbox", { name: "Message" }).fill("Every word of it. ".repeat(1_000));
      await page.getByRole("button", { name: "Send it as a file" }).waitFor();
    },
  },
];

/** Connect and compare the safety words, so that there is space for files. */
async function acquainted(page: Page): Promise<void> {
  await secure(page);
  await page.getByRole("button", { name: "They match" }).click();
}

async function accepts(page: Page, count: number): Promise<void> {
  await page
    .getByRole("button", { name: "Accept" })
    .nth(count - 1)
    .waitFor();
}
