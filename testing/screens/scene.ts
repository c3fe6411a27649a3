import type { Page } from "playwright-core";
import type { FakeSession } from "./fake-session.ts";

/** A scene is one picture: `show` brings a fresh page into the state to be photographed. */
export type Scene = {
  name: string;
  path?: string;
  show?: (page: Page) => Promise<void>;
  tall?: boolean;
} & Lack;

/** A feature that the visitor's browser lacks. */
type Lack = { without?: "script" | "webrtc" | "secure-context" };

export const ROOM_PATH = "rooms/3f0c7d1e-8a42-4b6f-9d15-52c8e0b7a934";
export const INVITE = `${ROOM_PATH}#2.mJ2v7d0qkX5sT3ZpQe8wYf1LrNcU6hBaGiK9oVxSzDM`;

declare global {
  /** The fake session, as a global of the page. */
  var fake: FakeSession;
}

export async function join(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Join room" }).click();
  await page.locator('[data-session-state="connecting"]').waitFor();
}

/** Bring the page to a secure connection whose safety words are not compared yet. */
export async function secure(page: Page): Promise<void> {
  await join(page);
  await page.evaluate(() => {
    const words = { words: [3, 17, 27, 42, 60], mine: false, theirs: false } as const;
    fake.is({ phase: "secure", path: { kind: "direct" }, deadline: fake.now() + 761_000, words });
  });
}
