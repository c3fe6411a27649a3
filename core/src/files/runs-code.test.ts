import { expect, test } from "vitest";
import { runsCode } from "./runs-code.ts";

test.each([
  ["setup.exe", true],
  ["Setup.EXE", true],
  ["photo.jpg.scr", true],
  ["invoice.pdf.lnk", true],
  ["page.svg", true],
  ["run.sh", true],
  ["sheet.xlsm", true],
  ["app.apk", true],
  ["evil.exe.", true],
  ["evil.exe ", true],
  ["evil.exe::$DATA", true],
  [".bat", true],
  ["photo.jpg", false],
  ["report.pdf", false],
  ["archive.zip", false],
  ["exe", false],
  ["my.exe.txt", false],
  ["", false],
])("%j: %s", (name, expected) => {
  expect(runsCode(name)).toBe(expected);
});
