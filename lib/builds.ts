/** What a deployment uploads, built from the sources. In the package it was built before (lib/package/builds.ts). */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { type Entry, functionBundles } from "./function-bundles.ts";
import { fromRoot } from "./root.ts";

/**
 * The bundle of a function as an asset. The asset's name is the hash of its content, so a function whose bundle has not
 * changed is not deployed again. CDK asks for the bundle only when it synthesizes for a deploy.
 */
export const codeOf = (entry: Entry): lambda.Code =>
  lambda.Code.fromAsset(fromRoot("."), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry("never-used"),
      // CDK distinguishes assets of the same folder by this value.
      command: [entry],
      local: {
        tryBundle(folder) {
          writeFileSync(join(folder, "index.js"), functionBundles().get(entry)!.contents);
          return true;
        },
      },
    },
  });

/** Builds the program of the worker image, which its Dockerfile copies. */
export function buildWorker(): void {
  execFileSync("npm", ["run", "--silent", "build:worker"], { cwd: fromRoot("."), stdio: "inherit" });
}
