/** Schemas: the columns of tables and records. */
import { LanguageProblem } from "./problem.ts";

/** A column: what it is called, where its value comes from, and how the value is shown. */
export interface Column {
  name: string;
  genpath: string;
  post: string | null;
  /** The schema that `add` put it into; null for columns that `display` or the platform names. */
  schema: string | null;
}
export type Schema = readonly Column[];

const column = (name: string, genpath = name, post: string | null = null): Column => ({
  name,
  genpath,
  post,
  schema: null,
});

const uuid = column("uuid[0:8]", "uuid", "[0:8]");
const name = column("name");
const summary = column("summary[0:1024]", "summary");
const size = column("data_size", "data_size", "size");
const time = column("time", "time", "duration");
const state = column("state");
const description = column("description");
const created = column("created", "created", "date");

/** The schemas that every worksheet has. */
const builtIn: Record<string, Schema> = {
  uuid: [uuid],
  name: [name],
  summary: [summary],
  data_size: [size],
  time: [time],
  state: [state],
  description: [description],
  created: [created],
  default: [uuid, name, summary, size, state, description],
  program: [uuid, name, size, description],
  dataset: [uuid, name, size, description],
  make: [uuid, name, summary, size, state, description],
  run: [uuid, name, summary, size, time, state, description],
};

/** More columns than this would only be a mistake, such as schemas that add themselves. */
const maxColumns = 200;

/** The schemas that a worksheet has defined so far, and those that every worksheet has. */
export class Schemas {
  readonly #defined = new Map<string, Column[]>();

  /** Begins a schema. It takes the place of one of the same name. */
  define(name: string): Column[] {
    const columns: Column[] = [];
    this.#defined.set(name, columns);
    return columns;
  }

  named(name: string): Schema | undefined {
    return this.#defined.get(name) ?? (Object.hasOwn(builtIn, name) ? builtIn[name] : undefined);
  }

  /** The columns that the arguments of `display table` name: schemas, or columns as `name:genpath:post`. */
  columns(names: readonly string[]): Schema {
    const columns = (names.length === 0 ? ["default"] : names).flatMap(
      (name) => this.named(name) ?? [columnOf(partsOfColumn(name), null)],
    );
    checkCount(columns);
    return columns;
  }
}

/** Adds columns to a schema that is being defined. */
export function addColumns(schema: Column[], added: Schema): void {
  checkCount([...schema, ...added]);
  schema.push(...added);
}

function checkCount(columns: Schema): void {
  if (columns.length > maxColumns) throw new LanguageProblem(`a schema has at most ${maxColumns} columns`);
}

/** The column that the arguments of `add` describe: a genpath, or a name, a genpath and a post-processor. */
export function columnOf(args: readonly string[], schema: string | null): Column {
  const [first, second, third, ...rest] = args;
  if (first === undefined || rest.length > 0)
    throw new LanguageProblem("`add` needs a genpath, or a name, a genpath and perhaps a post-processor");
  if (second === undefined) return { name: lastPart(first), genpath: first, post: null, schema };
  return { name: first, genpath: second, post: third ?? null, schema };
}

/** Of `/stats:train/error` the column is called `error`. */
const lastPart = (genpath: string): string => genpath.split("/").at(-1)!.split(":").at(-1)!;

/** The post-processor may itself contain colons. */
function partsOfColumn(text: string): string[] {
  const [name, genpath, ...post] = text.split(":");
  return post.length > 0 ? [name!, genpath!, post.join(":")] : text.split(":");
}
