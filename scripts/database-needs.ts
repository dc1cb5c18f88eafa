/**
 * `npm run database:needs`: counts what our SQL asks of a database beyond plain tables, in migrations and in statements of
 * the code. Whoever considers another database starts here (docs/decisions/0029-no-database-that-sleeps.md).
 */
import { globSync, readFileSync } from "node:fs";
import { fromRoot } from "../lib/root.ts";

/** How a feature is recognized, in SQL and in statements that Kysely builds. */
const features: Record<string, RegExp> = {
  "foreign keys": /\breferences\b/gi,
  "check constraints": /\bcheck \(/gi,
  "identity columns": /generated \w+ as identity|\b(big)?serial\b/gi,
  "integer identity columns": /\binteger generated \w+ as identity/gi,
  "generated columns": /generated always as \(/gi,
  triggers: /create trigger/gi,
  "PL/pgSQL functions": /language plpgsql/gi,
  "indexes made in a transaction": /create (unique )?index/gi,
  "partial or expression indexes": /create (unique )?index[^;]*( where |\(\w+\()/gi,
  "added columns with a constraint or default": /add column [^,;]*(not null|default|check|references)/gi,
  "columns of type jsonb": /\bjsonb\b(?= *(,|not|default|check|\n|$))/gim,
  "columns with arrays": /\b(text|integer|bigint)\[\]/gi,
  "columns of type xid8": /\bxid8\b/gi,
  "rows locked for update": /\bfor update\b|\.forUpdate\(/gi,
  "rows skipped when locked": /skip locked|\.skipLocked\(/gi,
  "advisory locks": /pg_(try_)?advisory/gi,
  "LISTEN and NOTIFY": /\b(listen|notify) [a-z_]+;|pg_notify/gi,
  "isolation levels": /isolation level|setIsolationLevel/gi,
  savepoints: /\bsavepoint\b/gi,
  "roles with settings": /alter role/gi,
};

const migrations = textOf("lambdas/kernel/db/migrations/*.ts");
const statements = textOf("lambdas/{competitions,jobs,accounts,kernel}/db/*.ts");
const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

console.log(`${"feature".padEnd(44)}migrations  statements`);
for (const [name, pattern] of Object.entries(features)) {
  const [inMigrations, inStatements] = [count(migrations, pattern), count(statements, pattern)];
  console.log(`${name.padEnd(44)}${String(inMigrations).padStart(10)}${String(inStatements).padStart(12)}`);
}

function textOf(pattern: string): string {
  const files = globSync(pattern, { cwd: fromRoot(".") });
  return files.map((file) => withoutComments(readFileSync(fromRoot(file), "utf8"))).join("\n");
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*(--|\/\/).*$/gm, "");
}
