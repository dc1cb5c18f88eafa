/** `npm run --silent options`: prints the table of deployment options for docs/deploy.md. */
import { optionsTable } from "../lib/options-table.ts";

console.log(optionsTable());
