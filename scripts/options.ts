/** Prints the options of a deployment as the table that docs/deploy.md has: `npm run --silent options`. */
import { optionsTable } from "../lib/options-table.ts";

console.log(optionsTable());
