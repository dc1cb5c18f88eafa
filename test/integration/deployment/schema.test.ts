// The tables as Kysely sees them and the tables that the migrations make are the same.
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, it } from "@jest/globals";
import { sql, type Insertable, type Selectable } from "kysely";
import ts from "typescript";
import { migrate, openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import type { Database } from "../../../lambdas/kernel/db/schema.ts";
import { repository } from "../../support/files.ts";
import { testDatabase } from "../../support/postgres.ts";

/** The rows of every table. The compiler works these two types out, and the test below finds them by name. */
export type Selected = { [Table in keyof Database]: Selectable<Database[Table]> };
export type Inserted = { [Table in keyof Database]: Insertable<Database[Table]> };

/** What the driver makes of each type of PostgreSQL that a table has. */
const kinds: Record<string, string> = {
  _int4: "number[]",
  _text: "string[]",
  bool: "boolean",
  bytea: "Buffer",
  float8: "number",
  int2: "number",
  int4: "number",
  int8: "string",
  jsonb: "JSON",
  numeric: "string",
  text: "string",
  timestamptz: "Date",
  uuid: "string",
  xid8: "string",
};

/** Columns that only the release before uses. A later release drops them. */
const old = ["queues.prediction_profile", "queues.scoring_profile", "queues.max_submission_bytes"];

interface Column {
  /** `table.column`. */
  name: string;
  /** What it gives, for instance `null | string`. */
  gives: string;
  /** Whether an insert may leave it out. */
  optional: boolean;
}

const union = (kinds: string[]) => [...new Set(kinds)].sort().join(" | ");
const inOrder = <Named extends { name: string }>(columns: Named[]) =>
  columns.sort((a, b) => (a.name < b.name ? -1 : 1));

describe("the tables as Kysely sees them", () => {
  let seen: (Column & { takes: string })[];
  let made: Column[];
  beforeAll(async () => {
    seen = columnsOfTypes();
    made = await columnsOfMigrations();
  });

  it("are the tables that the migrations make", () => {
    const tables = (columns: Column[]) => [...new Set(columns.map(({ name }) => name.split(".")[0]))];
    assert.deepEqual(tables(seen), tables(made));
  });

  it("give values of each column's type, and null where the column may be null", () => {
    const given = (columns: Column[]) => Object.fromEntries(columns.map(({ name, gives }) => [name, gives]));
    assert.deepEqual(given(seen), given(made));
  });

  it("let an insert leave out what may be null or has a default, and nothing else", () => {
    const optional = (columns: Column[]) => columns.filter((column) => column.optional).map(({ name }) => name);
    assert.deepEqual(optional(seen), optional(made));
  });

  it("take JSON as text, since the driver would send a list as an array of PostgreSQL", () => {
    assert.deepEqual(
      seen.filter(({ takes }) => takes.includes("JSON")),
      [],
    );
  });
});

async function columnsOfMigrations(): Promise<Column[]> {
  const database = await testDatabase();
  const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
  try {
    await migrate(db);
    const { rows } = await sql<{ name: string; type: string; nullable: boolean; filled: boolean }>`
      select c.relname || '.' || a.attname as name, t.typname as type,
        not a.attnotnull as nullable, a.atthasdef or a.attidentity <> '' as filled
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'kysely%'
        and a.attnum > 0 and not a.attisdropped`.execute(db);
    return inOrder(
      rows
        .filter(({ name }) => !old.includes(name))
        .map(({ name, type, nullable, filled }) => {
          const kind = kinds[type] ?? `a type that this test does not know: ${type}`;
          return { name, gives: union(nullable ? [kind, "null"] : [kind]), optional: nullable || filled };
        }),
    );
  } finally {
    await db.destroy();
    await database.drop();
  }
}

/** The columns that the compiler finds in the types above. */
function columnsOfTypes(): (Column & { takes: string })[] {
  const { config } = ts.readConfigFile(join(repository, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, repository);
  const wings = globSync("lambdas/*/db/tables.ts", { cwd: repository }).map((path) => join(repository, path));
  const program = ts.createProgram([...wings, import.meta.filename], options);
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(import.meta.filename)!)!,
  );

  const columnsOf = (type: string) => {
    const tables = checker.getDeclaredTypeOfSymbol(exported.find(({ name }) => name === type)!);
    return checker.getPropertiesOfType(tables).flatMap((table) =>
      checker.getPropertiesOfType(checker.getTypeOfSymbol(table)).map((column) => ({
        name: `${table.name}.${column.name}`,
        kind: union(kindsOf(checker.getTypeOfSymbol(column))),
        optional: (column.flags & ts.SymbolFlags.Optional) !== 0,
      })),
    );
  };

  function kindsOf(type: ts.Type): string[] {
    if (type.isUnion()) return type.types.flatMap(kindsOf);
    if (type.flags & ts.TypeFlags.Null) return ["null"];
    if (type.flags & ts.TypeFlags.Undefined) return ["undefined"];
    if (type.flags & ts.TypeFlags.StringLike) return ["string"];
    if (type.flags & ts.TypeFlags.NumberLike) return ["number"];
    if (type.flags & ts.TypeFlags.BooleanLike) return ["boolean"];
    // Types without a declaration have no symbol, whatever the compiler's types say.
    const name = (type.symbol as ts.Symbol | undefined)?.name;
    if (name === "Date" || name === "Buffer") return [name];
    const [element] = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : [];
    const elements = element ? union(kindsOf(element)) : "";
    return [elements === "string" || elements === "number" ? `${elements}[]` : "JSON"];
  }

  const inserted = new Map(columnsOf("Inserted").map((column) => [column.name, column]));
  return inOrder(
    columnsOf("Selected").map(({ name, kind }) => {
      const { kind: takes, optional } = inserted.get(name)!;
      return { name, gives: kind, takes, optional };
    }),
  );
}
