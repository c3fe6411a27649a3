/** What `.ci/run` says last: what `npm test` and `npm run test:wide` came to together. */
import { addUp } from "./tally.mjs";

const { passed, failed, failures } = await addUp(["test", "wide"]);
for (const failure of failures) console.log(`✘ ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
