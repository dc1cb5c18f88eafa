// Node keeps what it compiles, so that the next start of a program takes half the time. `node --import` runs this file first.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// A folder that cannot be written, as in an installation for many users, only makes starts slower.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/benchstack", import.meta.url)));
