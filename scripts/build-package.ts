/**
 * `npm run build:package`: builds the construct library `benchstack-cdk` in `dist/package`. `npm pack` or `npm publish`
 * with this folder does the rest.
 */
import { fromRoot } from "../lib/root.ts";
import { buildPackage } from "./package/build.ts";

const folder = fromRoot("dist/package");
await buildPackage(folder);
console.log(`Built benchstack-cdk in ${folder}. Pack it with: npm pack ${folder}`);
