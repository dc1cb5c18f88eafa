/**
 * `npm run keep:release`: keeps the functions of this release, so that tests of the next one can run them on its schema. Run
 * it for the commit of a release.
 */
import { writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { bundleTogether, entries } from "../lib/function-bundles.ts";

const file = "test/support/release-before/functions.cjs.br";
writeFileSync(file, brotliCompressSync(bundleTogether([...entries, "lambdas/functions/context.ts"])));
