import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "@jest/globals";
import { ESLint } from "eslint";

const eslint = new ESLint();
const { rules } = (await eslint.calculateConfigForFile("lambdas/new.ts")) as {
  rules: { "benchstack/imports": [unknown, { table: Record<string, { imports: string[] }> }] };
};
const { table } = rules["benchstack/imports"][1];

async function problems(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return result!.messages.map(({ message }) => message);
}

/** Every way in which a file names another. */
const forms = (path: string) => [
  `import "${path}";`,
  `import { a } from "${path}";`,
  `import type { A } from "${path}";`,
  `export { a } from "${path}";`,
  `export * from "${path}";`,
  `export type { A } from "${path}";`,
  `const a = await import("${path}");`,
  `type A = import("${path}").A;`,
  `declare module "${path}" { interface A { b: string } }`,
];

const refused: [from: string, to: string][] = [
  ["lambdas/jobs/service/new.ts", "../../competitions/service/access.ts"],
  ["lambdas/accounts/service/new.ts", "../../jobs/service/scaling.ts"],
  ["lambdas/http/new.ts", "../accounts/service/mail.ts"],
  ["lambdas/kernel/new.ts", "../http/route.ts"],
  ["lambdas/kernel/db/new.ts", "../context.ts"],
  ["lambdas/competitions/db/new.ts", "../service/access.ts"],
  ["lambdas/competitions/service/new.ts", "../api/shapes/task.ts"],
  ["lambdas/competitions/service/new.ts", "../../http/route.ts"],
  ["lambdas/competitions/service/new.ts", "../../functions/context.ts"],
  ["lambdas/competitions/api/routes/new.ts", "../../db/tasks.ts"],
  ["lambdas/competitions/api/routes/new.ts", "../../../jobs/db/queues.ts"],
  ["lambdas/competitions/rules/new.ts", "../db/tasks.ts"],
  ["lambdas/competitions/rules/new.ts", "../../kernel/refusal.ts"],
  ["contract/new.ts", "../lambdas/policy/policy.ts"],
  ["client/new.ts", "../cli/output.ts"],
  ["worker-image/new.ts", "../lambdas/kernel/context.ts"],
  ["local/new.ts", "../lib/stack.ts"],
  ["cli/new.ts", "../scripts/demo.ts"],
  ["lib/new.ts", "../bin/benchstack.ts"],
  ["bin/new.ts", "../test/support/files.ts"],
  ["scripts/new.ts", "../test/support/files.ts"],
];

const refusedPackages: [from: string, packages: string[]][] = [
  ["lambdas/competitions/rules/new.ts", ["node:http", "child_process", "@aws-sdk/client-s3", "kysely", "aws-lambda"]],
  ["lambdas/policy/new.ts", ["node:net", "pg", "@smithy/types", "dockerode"]],
  ["contract/new.ts", ["node:dns", "kysely", "@middy/core", "constructs"]],
  ["lambdas/competitions/service/new.ts", ["kysely", "pg", "@aws-sdk/client-sqs", "node:child_process"]],
  ["lambdas/competitions/api/new.ts", ["kysely", "@aws-sdk/client-s3"]],
  ["lambdas/kernel/new.ts", ["kysely", "@aws-sdk/client-s3"]],
  ["lambdas/http/new.ts", ["kysely", "@aws-sdk/client-s3"]],
  ["worker-image/new.ts", ["kysely", "aws-cdk-lib"]],
];

const allowed: [from: string, code: string][] = [
  ["lambdas/competitions/api/routes/new.ts", 'import { visibleCompetition } from "../../service/access.ts";'],
  ["lambdas/competitions/service/new.ts", 'import type { Tx } from "../../kernel/db/connection.ts";'],
  ["lambdas/competitions/db/new.ts", 'import { sql } from "kysely";'],
  ["lambdas/kernel/objects/new.ts", 'import { S3Client } from "@aws-sdk/client-s3";'],
  [
    "lambdas/competitions/rules/new.ts",
    'import type { Job } from "../../../contract/job.ts";\nimport * as z from "zod";',
  ],
  ["test/unit/new.test.ts", 'import { sql } from "kysely";'],
];

describe("the table of imports", () => {
  it("has a row for every file with code", () => {
    const files = execFileSync("git", ["ls-files", "*.ts", "*.js", "*.mjs"], { encoding: "utf8" }).trim().split("\n");
    const hasRow = (file: string) =>
      !file.includes("/") || Object.keys(table).some((folder) => file.startsWith(`${folder}/`));
    assert.deepEqual(
      files.filter((file) => !file.startsWith("examples/") && !hasRow(file)),
      [],
    );
  });

  it("has rows that name only rows below them", () => {
    const rows = Object.keys(table);
    for (const [index, row] of rows.entries())
      for (const target of table[row]!.imports.filter((target) => target !== row))
        assert.ok(
          rows.some((other, at) => at > index && (other === target || other.startsWith(`${target}/`))),
          `${row} names ${target}, which is not below it`,
        );
  });

  for (const [from, to] of refused)
    it(`refuses an import from ${to} in ${from}, in every form`, async () => {
      for (const code of forms(to)) assert.match((await problems(from, code)).join(), /may not import from/, code);
    });

  for (const [from, packages] of refusedPackages)
    it(`refuses ${packages.join(", ")} in ${from}`, async () => {
      for (const name of packages)
        assert.match((await problems(from, `import type { A } from "${name}";`)).join(), /uses no package for/, name);
    });

  for (const [from, code] of allowed)
    it(`takes ${code} in ${from}`, async () => assert.deepEqual(await problems(from, code), []));

  it("refuses files in folders that it does not know", async () => {
    assert.match((await problems("new/new.ts", "export {};")).join(), /is in no folder of the table/);
  });

  it("refuses an import that closes a circle, of types as well", async () => {
    const code = 'import type { Context } from "./context.ts";';
    assert.match(
      (await problems("lambdas/kernel/environment.ts", code)).join(),
      /closes a circle: .*environment.ts → /,
    );
  });

  it("lets pure code load nothing at run time and fetch nothing", async () => {
    for (const folder of ["contract", "lambdas/policy", "lambdas/jobs/rules"]) {
      assert.match((await problems(`${folder}/new.ts`, "await import(name);")).join(), /Pure code/);
      assert.match((await problems(`${folder}/new.ts`, "await fetch(url);")).join(), /Pure code/);
    }
  });
});
