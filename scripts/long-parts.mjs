/**
 * The parts of `npm run test:long`: proofs at the figures that the project promises (SCALE=1), each within an hour on two
 * cores. `files` and `pattern` choose the tests; a part without a pattern runs all of its files.
 */
const V2 = "core/src/session/v2";

export const LONG_PARTS = {
  crypto: {
    proves: "a million forged handshakes, records and flipped bits open nothing",
    project: "unit",
    files: ["core/src/crypto"],
  },
  wire: {
    proves: "whatever arrives as SDP, signal or file name is read right or refused",
    project: "unit",
    files: ["core/src/wire", "core/src/session/file-name.test.ts"],
  },
  engine: {
    proves: "files are put together right however their bytes are cut, mixed and sent again",
    project: "unit",
    files: [`${V2}/engine`],
  },
  recovery: {
    proves: "two sides that lose each other in any way come to the same end, 100,000 times",
    project: "unit",
    files: [`${V2}/connect/recovery`, `${V2}/connect/resumption-model.test.ts`],
  },
  rekey: {
    proves: "re-keys in any order of events lose no record and keep no key too long",
    project: "unit",
    files: [`${V2}/records`],
  },
  floods: {
    proves: "100,000 of each thing that a hostile peer may say fill no memory, in Node",
    project: "unit",
    files: [`${V2}/files/hostile-flood.test.ts`, `${V2}/v2-session.test.ts`],
  },
  server: {
    proves: "both stores follow the same rules over 5,000 random lives; 100,000 bad frames; a minute's grace",
    project: "unit",
    files: ["server/src"],
  },
  "in-the-middle": {
    proves: "somebody in between is found out by the safety words as often as chance says",
    project: "unit",
    files: ["testing/adversaries/man-in-the-middle"],
  },
  instruments: {
    proves: "the delay line, the captures and the judge measure what they say",
    project: "unit",
    files: ["testing/network", "testing/instruments"],
  },
  "hostile-relay": {
    proves: "no tampering of a relay makes an attempt secure, all of them",
    project: "wide",
    files: ["e2e/wide/hostile-relay.test.ts"],
  },
  "hostile-relay-resumption": {
    proves: "no tampering of a relay while two find each other again joins them to another or hangs them",
    project: "wide",
    files: ["e2e/wide/hostile-relay-resumption.test.ts"],
  },
  "hostile-relay-matrix": {
    proves: "nothing that a relay cuts, repeats, changes or says ends a session that is secure",
    project: "wide",
    files: ["e2e/wide/hostile-relay-matrix.test.ts"],
  },
  "large-files-direct": {
    proves: "1 GiB comes whole over a direct connection, and neither page grows with it",
    project: "wide",
    files: ["e2e/wide/large-files.test.ts"],
    pattern: "direct",
  },
  "large-files-relay": {
    proves: "1 GiB comes whole over a relay, and neither page grows with it",
    project: "wide",
    files: ["e2e/wide/large-files.test.ts"],
    pattern: "relay",
  },
  "file-sinks": {
    proves: "1 GiB goes into every kind of destination of both browsers",
    project: "wide",
    files: ["e2e/wide/file-sinks.test.ts"],
  },
  "file-faults": {
    proves: "no wrong file is ever complete: a full disk, a cut file, a dead connection, 29 runs of each",
    project: "wide",
    files: ["e2e/wide/file-faults.test.ts"],
    pattern: "cut off, at|connection dies|disk is full",
  },
  "file-faults-networks": {
    proves: "no wrong file is ever complete: hidden pages, changed networks, a cut relay, flipped bits",
    project: "wide",
    files: ["e2e/wide/file-faults.test.ts"],
    pattern: "put aside|networks change|relay is cut|bits",
  },
  "survival-cables": {
    proves: "1,000 messages each way survive a cable that is pulled, and another address",
    project: "wide",
    files: ["e2e/wide/survival.test.ts"],
    pattern: "cable pulled|another address",
  },
  "survival-servers": {
    proves: "1,000 messages each way survive a relay and a server that die and return",
    project: "wide",
    files: ["e2e/wide/survival.test.ts"],
    pattern: "relay that|server killed|dies at once",
  },
  "survival-pages": {
    proves: "1,000 messages each way survive tabs and browsers that stand still",
    project: "wide",
    files: ["e2e/wide/survival.test.ts"],
    pattern: "frozen|stopped",
  },
  traces: {
    proves: "no trace of a conversation is left on disk, however the browser ends",
    project: "wide",
    files: ["e2e/wide/trace.test.ts"],
  },
  "floods-in-pages": {
    proves: "100,000 offers of a hostile peer leave a real page small and usable",
    project: "wide",
    files: ["e2e/wide/hostile-peer.test.ts"],
  },
  pages: {
    proves: "a crashed page, a minute of link scanners",
    project: "journeys",
    files: ["e2e/journeys/page-life.test.ts", "e2e/journeys/link-scanner.test.ts"],
  },
};
