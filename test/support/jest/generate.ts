/** Generates what the checkers read, before they start. */
export { generateTypes as default } from "../../../scripts/web/generate.ts";
