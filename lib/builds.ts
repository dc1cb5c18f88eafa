/** What a deployment uploads, built from the sources. In the package it was built before (lib/package/builds.ts). */
import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { type Entry, functionBundles } from "./function-bundles.ts";
import { fromRoot } from "./root.ts";

/** The function that has the built web application beside its code. */
export const publishesWeb: Entry = "lambdas/functions/events/publish-web.ts";

/** Builds the web application, unless it was built from the same sources, and returns its folder. */
export function buildWeb(): string {
  execFileSync("npm", ["run", "--silent", "build:web"], { cwd: fromRoot("."), stdio: "inherit" });
  return fromRoot("dist/web");
}

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
          const { contents, files } = functionBundles().get(entry)!;
          for (const [name, content] of Object.entries({ "index.js": contents, ...files }))
            writeFileSync(join(folder, name), content);
          if (entry === publishesWeb) cpSync(buildWeb(), join(folder, "web"), { recursive: true });
          return true;
        },
      },
    },
  });

/** Builds the program of the worker image, which its Dockerfile copies. */
export function buildWorker(): void {
  execFileSync("npm", ["run", "--silent", "build:worker"], { cwd: fromRoot("."), stdio: "inherit" });
}
