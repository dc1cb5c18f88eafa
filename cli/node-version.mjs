// Checks the version of Node. `npm start` and `npm run demo` run this file first, on whichever version there is.
import { fileURLToPath } from "node:url";

const minVersion = [24, 2];
const [major, minor] = process.versions.node.split(".").map(Number);

/** Whether this version of Node can run Benchstack. */
export const isRecent = major > minVersion[0] || (major === minVersion[0] && minor >= minVersion[1]);

/** What to do if it cannot. */
export const advice = `Benchstack needs Node.js ${minVersion.join(".")} or later, and this is ${process.versions.node}. \`npm ci\` installs a fitting one for Benchstack only: run it again, without --ignore-scripts.`;

if (process.argv[1] === fileURLToPath(import.meta.url) && !isRecent) {
  console.error(advice);
  process.exitCode = 1;
}
