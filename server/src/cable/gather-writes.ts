import type { Writable } from "node:stream";

const gathering: Writable[] = [];

/**
 * Whatever is written to `stream` from now until this turn of the event loop ends leaves in one system call, and
 * these are most of what a frame costs. Greetings are several frames, and candidates come in bursts.
 */
export function gatherWrites(stream: Writable): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  if (gathering.push(stream) === 1) setImmediate(release);
}

function release(): void {
  for (const stream of gathering.splice(0)) stream.uncork();
}
