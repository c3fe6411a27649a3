import type { Page } from "playwright-core";
import { FILE_SCENES } from "./file-scenes.ts";
import { INVITE, join, ROOM_PATH, type Scene, secure } from "./scene.ts";

async function talk(page: Page): Promise<void> {
  await secure(page);
  await page.getByRole("button", { name: "They match" }).click();
  await page.evaluate(() => {
    fake.says("Hi, it’s me. Is this a good moment?");
    fake.sendText("Yes. Go ahead.");
    fake.says(
      "Here is the login for the staging server, please change it today:\n```\nuser: marta\npass: x7-Uv!q0-Wm2\n```",
    );
    fake.sendText("Got it.\nI’ll do it before lunch and tell you on the phone.");
    fake.says("The form is at https://example.org/forms/lease-2026?lang=en and the copy follows.");
    fake.file({ id: "in-90", status: "moving", moved: 2_700_000 });
  });
}

export const SCENES: Scene[] = [
  { name: "landing", tall: true },
  { name: "privacy", path: "privacy", tall: true },
  { name: "gone", path: "gone" },
  { name: "error-404", path: "nothing-here" },
  { name: "error-429", path: "errors/429.html" },
  { name: "error-500", path: "errors/500.html" },
  { name: "landing-no-script", without: "script" },
  { name: "landing-no-webrtc", without: "webrtc" },
  { name: "landing-plain-http", without: "secure-context" },
  { name: "room-no-script", path: ROOM_PATH, without: "script" },
  { name: "room-no-webrtc", path: INVITE, without: "webrtc" },
  { name: "room-incomplete", path: ROOM_PATH },
  { name: "room-invited", path: INVITE },
  {
    name: "room-invited-no-relay",
    path: INVITE,
    show: async (page) => {
      await page.getByRole("checkbox").click();
      await page.getByRole("button", { name: "Join room" }).click();
    },
  },
  {
    name: "room-waiting",
    show: async (page) => {
      await page.getByRole("button", { name: "Create room" }).click();
      await page.getByRole("button", { name: "Copy link" }).click();
    },
  },
  {
    name: "room-waiting-again",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.evaluate(() => {
        fake.fragment = "2.mJ2v7d0qkX5sT3ZpQe8wYf1LrNcU6hBaGiK9oVxSzDM";
        fake.is({ phase: "waiting", deadline: fake.now() + 480_000, linkLasts: true });
      });
    },
  },
  {
    name: "room-connecting",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() => {
        fake.is({ phase: "connecting", step: "handshake", attempt: 1 });
        fake.is({ phase: "connecting", step: "network", attempt: 1 });
      });
    },
  },
  {
    name: "room-connecting-failed",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() =>
        fake.is({
          phase: "connecting",
          step: "network",
          attempt: 1,
          failed: { code: "E_CHANNEL", mayStartAnother: true },
        }),
      );
    },
  },
  {
    name: "room-connecting-again",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() => fake.is({ phase: "connecting", step: "handshake", attempt: 2 }));
    },
  },
  { name: "room-secure-empty", path: INVITE, show: secure },
  {
    name: "room-classic",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() => {
        fake.protocol = "classic";
        fake.is({ phase: "secure", path: { kind: "direct" }, deadline: fake.now() + 761_000 });
        fake.sendText("This one is not acknowledged.");
      });
      await page.getByText("older protection").click();
    },
  },
  { name: "room-secure", path: INVITE, show: talk },
  {
    name: "room-secure-long",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.evaluate(() => {
        fake.sendText(
          "https://example.org/a/very/long/address/that/does/not/break/anywhere/0123456789abcdefghijklmnopqrstuvwxyz".repeat(
            2,
          ),
        );
        fake.says("Evil‮txt", true);
        for (let line = 0; line < 12; line++) fake.says(`Line ${line}`);
        fake.file({
          id: "out-91",
          name: `${"a-name-without-any-space-in-it-".repeat(4)}.jpeg`,
          status: "moving",
          moved: 9_000,
        });
      });
      await page.getByRole("textbox", { name: "Message" }).fill("A draft\nof several\nlines");
    },
  },
  ...FILE_SCENES,
  {
    name: "room-words",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() => {
        const path = { kind: "relay", host: "relay.example.org" } as const;
        const words = { words: [3, 17, 27, 42, 60], mine: false, theirs: false } as const;
        fake.is({ phase: "secure", path, deadline: fake.now() + 42_000, words: { ...words } });
        fake.says("I see unicorn, cactus… wait, mine are different?");
        fake.emit({ type: "notice", notice: "intruder" });
      });
    },
  },
  {
    name: "room-reconnecting",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.evaluate(() => {
        const now = fake.now();
        fake.is({
          phase: "reconnecting",
          path: { kind: "direct" },
          deadline: now + 500_000,
          giveUpAt: now + 118_000,
          words: { words: [3, 17, 27, 42, 60], mine: true, theirs: true },
        });
        fake.sendText("Are you still there?");
      });
    },
  },
  {
    name: "room-destroy",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.getByRole("button", { name: "Destroy room" }).click();
    },
  },
  {
    name: "room-ended",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.evaluate(() => fake.wipe({ type: "peer-left" }));
      await page.getByRole("alertdialog", { name: "Room ended" }).waitFor();
    },
  },
  {
    name: "room-ended-closed",
    path: INVITE,
    show: async (page) => {
      await talk(page);
      await page.evaluate(() => fake.wipe({ type: "time-up" }));
      await page.keyboard.press("Escape");
    },
  },
  {
    name: "room-refused",
    path: INVITE,
    show: async (page) => {
      await join(page);
      await page.evaluate(() => fake.wipe({ type: "failed", code: "E_FULL" }));
    },
  },
];
