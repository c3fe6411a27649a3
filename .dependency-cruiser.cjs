/**
 * Which folder may know which. The comments are shown to whoever trips on a rule.
 * scripts/boundaries.test.ts plants one violation per rule: a rule without a plant fails there.
 */
const deny = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

const TESTS = "(\\.test\\.ts|\\.contract\\.ts)$|^core/src/testing/|^server/src/testing/";
const CONVERSATION = "^core/src/(crypto|peer|session|signaling|classic)/";

module.exports = {
  forbidden: [
    deny(
      "server-imports-only-what-it-may",
      "The server's whole share of core is the wire, tokens and the constants; all else needs a reason in docs/decisions/0009.",
      { path: "^server/src/", pathNot: TESTS },
      {
        pathNot: [
          "^server/src/",
          "^core/src/(wire|tokens)/",
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
      "wire-is-the-floor",
      "Everything may import wire; wire imports only brand, errors and limits.",
      { path: "^core/src/wire/", pathNot: TESTS },
      { pathNot: "^core/src/(wire/|(brand|errors|limits)\\.ts$)" },
    ),
    deny(
      "crypto-is-pure",
      "crypto and tokens do no I/O and know no protocol state.",
      { path: "^core/src/(crypto|tokens)/", pathNot: TESTS },
      { path: "^core/src/((peer|session|signaling|classic)/|platform\\.ts$)" },
    ),
    deny(
      "peer-stands-alone",
      "A link between two peers knows neither how they were introduced nor what they say.",
      { path: "^core/src/peer/", pathNot: TESTS },
      { path: "^core/src/(session|signaling|classic)/" },
    ),
    deny(
      "signaling-stands-alone",
      "Being introduced knows neither the link that follows nor what is said on it.",
      { path: "^core/src/signaling/", pathNot: TESTS },
      { path: "^core/src/(session|peer|classic)/" },
    ),
    deny(
      "classic-has-one-door",
      "Only the place that picks a protocol from the invite imports classic; deleting the folder deletes classic.",
      { path: "^(core|server|web|cli)/", pathNot: ["^core/src/classic/", "^core/src/session/entry\\.ts$"] },
      { path: "^core/src/classic/" },
    ),
    deny(
      "core-by-its-front-door",
      "Other packages import @nullroom/core/…, whose exports are the list of what they may know.",
      { path: "^(server|web|cli)/" },
      { path: "^core/", dependencyTypes: ["local"], dependencyTypesNot: ["aliased"] },
    ),
    deny(
      "apps-do-not-meet",
      "server, web and cli share code only through core.",
      { path: "^(server|web|cli)/" },
      { path: "^(server|web|cli)/", pathNot: "^$1/" },
    ),
    deny(
      "core-knows-no-app",
      "core is below everything that has a face or a port.",
      { path: "^core/" },
      { path: "^(server|web|cli)/" },
    ),
    deny(
      "tests-stay-outside",
      "What ships imports no test, no fake and no development dependency.",
      { path: "^(core|server|web|cli)/src/", pathNot: TESTS },
      { path: `${TESTS}|^testing/` },
    ),
    deny(
      "declared-dependencies-only",
      "What ships imports what its own package.json names under dependencies.",
      { path: "^(core|server|web|cli)/src/", pathNot: TESTS },
      {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
        pathNot: "node_modules/vite/client\\.d\\.ts$", // Types of what Vite itself resolves.
      },
    ),
    deny(
      "independent-peer-is-independent",
      "A check that shares code with what it checks agrees with its mistakes.",
      { path: "^testing/peers/classic-peer" },
      { path: "^(core|server|web|cli)/" },
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
