/** Imported first by every script, so that somebody with an old Node reads a sentence and not a stack. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

// 21 never got the module features that the build tool needs, and the 22 line got them with 22.12.
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

if (!supported) {
  console.error(
    `nullroom needs Node.js 20.19 or newer (in the 22 line 22.12 or newer); this is ${process.versions.node}.\n` +
      "Get a current one from https://nodejs.org or from your system's packages, then run the same command again.",
  );
  process.exit(1);
}
