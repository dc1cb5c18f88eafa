/** Builds the construct library `benchstack-cdk` from the sources. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import ts from "typescript";
import { bundleFolder } from "../../lib/package/builds.ts";
import { buildWeb, buildWorker, publishesWeb } from "../../lib/builds.ts";
import { entries, functionBundles } from "../../lib/function-bundles.ts";
import { fromRoot } from "../../lib/root.ts";
import { licencesOf } from "./licences.ts";
import { propsDeclaration } from "./props.ts";

/** What constructs and the image of workers read, at the same place as here. */
const files = [
  ".dockerignore",
  "CHANGELOG.md",
  "LICENSE",
  "cdk.json",
  "dist/worker/gateway.cjs",
  "dist/worker/worker.cjs",
  "lambdas/kernel/db/gateway-role.ts",
  "lambdas/kernel/db/migrations",
  "lambdas/kernel/db/roles.ts",
  "lambdas/kernel/db/worker-role.ts",
  "worker-image/Dockerfile",
  "worker-image/wrapper",
];
/** The modules whose exports people use. */
const publicModules = ["benchstack", "exports", "index", "stack"];

/** Builds the package in a folder, which is deleted before. */
export async function buildPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, contents: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  };
  buildWorker();
  for (const path of files) cpSync(fromRoot(path), join(folder, path), { recursive: true });
  cpSync(fromRoot("lib/package/README.md"), join(folder, "README.md"));
  cpSync(fromRoot("lib/package/examples"), join(folder, "examples"), { recursive: true });
  for (const [entry, { contents, files }] of functionBundles())
    for (const [name, content] of Object.entries({ "index.js": contents, ...files }))
      write(`${bundleFolder(entry)}/${name}`, content);
  cpSync(buildWeb(), join(folder, bundleFolder(publishesWeb), "web"), { recursive: true });
  write("lib/index.js", await bundleLibrary());
  for (const name of publicModules) write(`lib/${name}.d.ts`, declarationOf(`lib/${name}.ts`));
  write("lib/props.d.ts", await propsDeclaration());
  write("package.json", JSON.stringify(manifest(), undefined, 2) + "\n");
  write(
    "THIRD-PARTY-LICENSES",
    licencesOf([...entries, "worker-image/main.ts", "gateway/main.ts", "lib/index.ts"], [...external, "esbuild"]),
  );
}

/** Packages of the people who use the library. */
const external = ["aws-cdk-lib", "constructs"];

/** Functions and the worker are built already. */
const builtBefore: Plugin = {
  name: "built-before",
  setup: (build) => build.onResolve({ filter: /\/builds\.ts$/ }, () => ({ path: fromRoot("lib/package/builds.ts") })),
};

/** The library as one CommonJS module, which JavaScript and TypeScript can use with `import` and `require`. */
async function bundleLibrary(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: fromRoot("."),
    entryPoints: ["lib/index.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external,
    define: { "import.meta.dirname": "__dirname" },
    plugins: [builtBefore],
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.contents;
}

/** The declarations of one module. */
function declarationOf(path: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(fromRoot(path), "utf8"), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, declaration: true },
  });
  for (const { messageText } of diagnostics)
    throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  return outputText.replaceAll(/(from "\.\/[^"]+)\.ts"/g, '$1.js"');
}

function manifest(): object {
  const { version, license, devDependencies } = JSON.parse(readFileSync(fromRoot("package.json"), "utf8")) as {
    version: string;
    license: string;
    devDependencies: Record<string, string>;
  };
  return {
    name: "benchstack-cdk",
    version,
    description: "Benchstack, a platform for competitions and benchmarks, as constructs for the AWS CDK.",
    license,
    keywords: ["aws-cdk", "awscdk", "benchmark", "codabench"],
    main: "lib/index.js",
    types: "lib/index.d.ts",
    engines: { node: ">=20" },
    peerDependencies: {
      "aws-cdk-lib": `^${devDependencies["aws-cdk-lib"]}`,
      constructs: `^${devDependencies["constructs"]}`,
    },
  };
}
