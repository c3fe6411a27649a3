/**
 * Which folder may know which. The comments are shown to whoever trips on a rule.
 *
 * `scripts/cruised-folders.json` lists the folders that `npm run check` and the test beside it read.
 * `scripts/boundaries.test.ts` plants one violation per rule: a rule without a plant fails there.
 */
const deny = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

const TESTS = "(\\.test\\.ts|\\.contract\\.ts)$|^core/src/testing/|^server/src/testing/";
const ANY_FOLDER_OF_OURS = "^(core|server|web|testing|e2e|bench|scripts)/";
const CONVERSATION = "^core/src/(crypto|files|peer|session|signaling|classic)/";

const V2 = "^core/src/session/v2/";

/** Each room of protocol 2, and the rooms that it may know. Whoever is not listed may not be known. */
const ROOMS_OF_V2 = {
  records: [],
  handshake: [],
  engine: ["records"],
  connect: ["handshake", "records", "engine"],
  files: ["connect", "records", "engine"],
  talk: ["files", "connect", "records", "engine"],
  introduce: ["connect", "handshake", "engine"],
};

/** What every room of protocol 2 may know: files that lie directly in it and know no room themselves. */
const FLOOR_OF_V2 = `${V2}(timing|deadline|goodbye)\\.ts$`;

/** Each group of testing/, and what it may know beside itself and the files that lie directly in testing/. */
const GROUPS_OF_TESTING = {
  browsers: [],
  services: [],
  network: ["testing/browsers", "testing/services"],
  instruments: ["testing/browsers"],
  peers: ["core"],
  adversaries: ["core", "testing/peers", "testing/services"],
  labs: ["core", "web", "testing/browsers", "testing/network", "testing/services"],
  screens: ["core", "web", "testing/browsers"],
};

const under = (folders) => folders.map((folder) => `^${folder}/`);

const roomsOfV2 = Object.entries(ROOMS_OF_V2).map(([room, known]) =>
  deny(
    `v2-${room}-imports-down-only`,
    `Of protocol 2, ${room} may know ${listed(known)}; ARCHITECTURE.md has the drawing.`,
    { path: `${V2}${room}/`, pathNot: TESTS },
    { path: V2, pathNot: [FLOOR_OF_V2, ...[room, ...known].map((name) => `${V2}${name}/`)] },
  ),
);

const groupsOfTesting = Object.entries(GROUPS_OF_TESTING).map(([group, known]) =>
  deny(
    `testing-${group}-imports-down-only`,
    `Of this repository, testing/${group} may know ${listed(known)} and the files that lie directly in testing/.`,
    { path: `^testing/${group}/`, pathNot: TESTS },
    { path: ANY_FOLDER_OF_OURS, pathNot: ["^testing/[^/]+$", ...under([`testing/${group}`, ...known])] },
  ),
);

function listed(known) {
  return known.length === 0 ? "no other folder" : known.join(", ");
}

module.exports = {
  forbidden: [
    deny(
      "server-imports-only-what-it-may",
      "The server's whole share of core is the wire and the constants; all else needs a reason in docs/decisions.",
      { path: "^server/src/", pathNot: TESTS },
      {
        pathNot: [
          "^server/src/",
          "^core/src/wire/",
          "^core/src/(brand|errors|limits|lifetime)\\.ts$",
          "(^|/)node_modules/(hono|@hono/node-server|ws|@types/ws|redis|@redis|libsql)/",
        ],
        dependencyTypesNot: ["core"],
      },
    ),
    deny(
      "server-reaches-no-conversation",
      "The server cannot read messages because no chain of imports leads it to the code that could.",
      { path: "^server/src/", pathNot: TESTS },
      { path: CONVERSATION, reachable: true },
    ),
    deny(
      "core-runs-anywhere",
      "core takes sockets, peers and fetch from its Platform; it imports no runtime.",
      { path: "^core/src/", pathNot: TESTS },
      { dependencyTypes: ["core"] },
    ),
    deny(
      "core-files-at-the-root-know-no-folder",
      "Everything may import errors, limits, lifetime, brand and platform; they import only each other.",
      { path: "^core/src/[^/]+$", pathNot: TESTS },
      { path: "^core/src/[^/]+/" },
    ),
    deny(
      "wire-is-the-floor",
      "Everything may import wire; wire imports only brand, errors and limits.",
      { path: "^core/src/wire/", pathNot: TESTS },
      { pathNot: "^core/src/(wire/|(brand|errors|limits)\\.ts$)" },
    ),
    deny(
      "crypto-is-pure",
      "crypto does no I/O and knows no protocol state.",
      { path: "^core/src/crypto/", pathNot: TESTS },
      { path: "^core/src/((files|peer|session|signaling|classic)/|platform\\.ts$)" },
    ),
    deny(
      "peer-stands-alone",
      "A link between two peers knows neither how they were introduced nor what they say.",
      { path: "^core/src/peer/", pathNot: TESTS },
      { path: "^core/src/(files|session|signaling|classic)/" },
    ),
    deny(
      "signaling-stands-alone",
      "Being introduced knows neither the link that follows nor what is said on it.",
      { path: "^core/src/signaling/", pathNot: TESTS },
      { path: "^core/src/(files|session|peer|classic)/" },
    ),
    deny(
      "files-know-no-session",
      "What a file is, and how it is read, hashed and written, depends on no protocol: of session, files may know how names and texts are cleaned.",
      { path: "^core/src/files/", pathNot: TESTS },
      { path: CONVERSATION, pathNot: ["^core/src/files/", "^core/src/session/(file-name|text)\\.ts$"] },
    ),
    deny(
      "session-knows-no-protocol",
      "The states and events that both protocols share know neither of them; entry.ts alone picks one.",
      { path: "^core/src/session/[^/]+$", pathNot: [TESTS, "^core/src/session/entry\\.ts$"] },
      { path: "^core/src/(session/v2|classic|signaling|crypto)/" },
    ),
    deny(
      "v2-by-its-entry",
      "Of protocol 2, entry.ts may know the two functions that make a session.",
      { path: "^core/src/session/entry\\.ts$" },
      { path: V2, pathNot: `${V2}create-join\\.ts$` },
    ),
    ...roomsOfV2,
    deny(
      "v2-floor-knows-no-room",
      "Timing, deadlines and the goodbye are below every room of protocol 2.",
      { path: FLOOR_OF_V2 },
      { path: V2, pathNot: FLOOR_OF_V2 },
    ),
    deny(
      "v2-rooms-are-listed",
      "A new room of protocol 2 needs a line in ROOMS_OF_V2 that says whom it may know.",
      { path: `${V2}[^/]+/`, pathNot: [TESTS, ...Object.keys(ROOMS_OF_V2).map((room) => `${V2}${room}/`)] },
      {},
    ),
    deny(
      "classic-has-one-importer",
      "Only the place that picks a protocol from the invite imports classic; deleting the folder deletes classic.",
      { path: "^(core|server|web)/", pathNot: ["^core/src/classic/", "^core/src/session/entry\\.ts$"] },
      { path: "^core/src/classic/" },
    ),
    deny(
      "classic-knows-no-v2",
      "The two protocols share what lies directly in session/, and nothing else of each other.",
      { path: "^core/src/classic/", pathNot: TESTS },
      { path: "^core/src/(session/v2/|session/entry\\.ts$|crypto/)" },
    ),
    deny(
      "core-by-its-exports",
      "Other packages import @nullroom/core/…, whose exports are the list of what they may know.",
      { path: "^(server|web)/" },
      { path: "^core/", dependencyTypes: ["local"], dependencyTypesNot: ["aliased"] },
    ),
    deny(
      "apps-do-not-meet",
      "server and web share code only through core.",
      { path: "^(server|web)/" },
      { path: "^(server|web)/", pathNot: "^$1/" },
    ),
    deny(
      "core-knows-no-app",
      "core is below everything that has a face or a port.",
      { path: "^core/" },
      { path: "^(server|web)/" },
    ),
    deny(
      "tests-stay-outside",
      "What ships imports no test, no fake and nothing of the folders that only test, measure or build.",
      { path: "^(core|server|web)/src/", pathNot: TESTS },
      { path: `${TESTS}|^(testing|e2e|bench|scripts)/` },
    ),
    deny(
      "nothing-imports-a-test",
      "A test that another file needs holds something that belongs beside it, in a file of its own.",
      {},
      { path: "\\.test\\.ts$" },
    ),
    deny(
      "declared-dependencies-only",
      "What ships imports what its own package.json names under dependencies.",
      { path: "^(core|server|web)/src/", pathNot: TESTS },
      {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
        pathNot: "node_modules/vite/client\\.d\\.ts$", // Types of what Vite itself resolves.
      },
    ),
    deny(
      "programs-are-imported-by-nobody",
      "e2e, bench and scripts are what is run: each may import its own files, and nothing below imports them.",
      { path: "^([^/]+)/" },
      { path: "^(e2e|bench|scripts)/", pathNot: "^$1/" },
    ),
    deny(
      "server-is-run-and-not-imported",
      "Tests and measurements outside the server start it as a program and speak to it as everybody does.",
      { path: "^(testing|e2e|bench|scripts)/" },
      { path: "^server/" },
    ),
    deny(
      "testing-floor-knows-nothing",
      "The files that lie directly in testing/ are below every group in it and every test beside the code.",
      { path: "^testing/[^/]+$" },
      { path: ANY_FOLDER_OF_OURS, pathNot: "^testing/[^/]+$" },
    ),
    ...groupsOfTesting,
    deny(
      "testing-groups-are-listed",
      "A new group of testing/ needs a line in GROUPS_OF_TESTING that says whom it may know.",
      {
        path: "^testing/[^/]+/",
        pathNot: [TESTS, ...under(Object.keys(GROUPS_OF_TESTING).map((group) => `testing/${group}`))],
      },
      {},
    ),
    deny(
      "siblings-of-testing-do-not-meet",
      "Two adversaries, instruments, labs or networks share no code: what both need is a driver or a service.",
      { path: "^testing/(adversaries|instruments|labs|network)/([^/]+)/", pathNot: TESTS },
      { path: "^testing/$1/[^/]+/", pathNot: "^testing/$1/$2/" },
    ),
    deny(
      "independent-peer-is-independent",
      "A check that shares code with what it checks agrees with its mistakes.",
      { path: "^testing/peers/classic-peer/", pathNot: TESTS },
      { path: ANY_FOLDER_OF_OURS, pathNot: "^testing/peers/classic-peer/" },
    ),
    deny(
      "independent-judge-is-independent",
      "Whether a recording opens is judged by a second reading of the spec, not by the code that made the recording.",
      { path: "^testing/instruments/secrets/", pathNot: TESTS },
      { path: ANY_FOLDER_OF_OURS, pathNot: "^testing/instruments/secrets/" },
    ),
    deny(
      "independent-relay-is-independent",
      "An adversary that shared the parser of its victim would share its blind spots.",
      { path: "^testing/adversaries/hostile-relay/[^/]+$", pathNot: TESTS },
      { path: ANY_FOLDER_OF_OURS, pathNot: "^testing/adversaries/hostile-relay/[^/]+$" },
    ),
    deny(
      "nothing-unresolved",
      "An import that leads nowhere escapes every other rule.",
      {},
      { couldNotResolve: true },
    ),
    deny("no-cycles", "A cycle means that two files are one file.", {}, { circular: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "types", "default"],
      extensions: [".ts", ".js", ".mjs", ".json", ".d.ts"],
    },
  },
};
