import { createHash } from "node:crypto";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../support/files.ts";
import { stackName, templateIn } from "./deployment.ts";

/** The migration that the next release has more than this one. */
export const nextMigration = "9999-next-release";
const connection = "lambdas/kernel/db/connection.ts";

/** What the CDK app reads of the repository. */
const sources = [
  ...["bin", "lib", "lambdas", "client", "contract", "worker-image", "web", "scripts/web"],
  ...["package.json", "package-lock.json", "cdk.json", "tsconfig.json"],
];

/** Makes the sources of the next release in a folder: those of this one and a migration. */
export async function makeNextRelease(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of sources) await cp(join(repository, name), join(folder, name), { recursive: true });
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  const sql = "create table next_release (id integer primary key)";
  await writeFile(join(folder, `lambdas/kernel/db/migrations/${nextMigration}.ts`), `export const sql = "${sql}";\n`);
  const text = await readFile(join(folder, connection), "utf8");
  const withMigration = text.replace(
    /^const migrations: .* = \{$/m,
    (line) => `import * as next from "./migrations/${nextMigration}.ts";\n${line}\n  "${nextMigration}": next,`,
  );
  if (withMigration === text) throw new Error(`${connection} has no list of migrations.`);
  await writeFile(join(folder, connection), withMigration);
}

/**
 * Makes a deploy of synthesized output fail: its template gets a resource that AWS cannot make, after all the others were made
 * or updated.
 */
export async function failAtTheEnd(output: string): Promise<void> {
  const template = JSON.parse(await readFile(templateIn(output), "utf8")) as { Resources: Record<string, unknown> };
  const DependsOn = Object.keys(template.Resources);
  const ServiceToken = { "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:missing" };
  template.Resources.Refused = { Type: "Custom::Refused", Properties: { ServiceToken }, DependsOn };
  await writeFile(templateIn(output), JSON.stringify(template));
  // The CDK uploads a template under its hash, unless something is there already.
  const files = [join(output, `${stackName}.assets.json`), join(output, "manifest.json")];
  const { files: assets } = JSON.parse(await readFile(files[0]!, "utf8")) as {
    files: Record<string, { source: { path: string } }>;
  };
  const [hash] = Object.entries(assets).find(([, { source }]) => templateIn(output).endsWith(source.path))!;
  for (const file of files)
    await writeFile(
      file,
      (await readFile(file, "utf8")).replaceAll(hash, createHash("sha256").update(hash).digest("hex")),
    );
}
