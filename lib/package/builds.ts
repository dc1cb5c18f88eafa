/** What a deployment uploads, as the package has it. It takes the place of lib/builds.ts when the package is built. */
import * as lambda from "aws-cdk-lib/aws-lambda";
import type { Entry } from "../function-bundles.ts";
import { fromRoot } from "../root.ts";

/** The folder in which the package keeps the bundle of a function. */
export const bundleFolder = (entry: Entry): string =>
  `functions/${entry.replace(/^.*\/(\w+)\/([\w-]+)\.ts$/, "$1-$2")}`;

/** The bundle of a function as an asset. */
export const codeOf = (entry: Entry): lambda.Code => lambda.Code.fromAsset(fromRoot(bundleFolder(entry)));

/** The package has the program of the worker image. */
export function buildWorker(): void {}
