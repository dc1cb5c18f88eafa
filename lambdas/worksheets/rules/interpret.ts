/**
 * Turns the items of a worksheet into the blocks that it is shown as. Whatever is wrong with a line becomes a block that
 * says so: a worksheet can always be shown. What stands in files is left for later: see `PendingCell`.
 */
import type { Block, FoundTable, SubworksheetsBlock } from "./blocks.ts";
import { status } from "./blocks.ts";
import { display, foundTable, markup } from "./display.ts";
import type { ShownBundle } from "./display.ts";
import { LanguageProblem } from "./problem.ts";
import { addColumns, columnOf, Schemas } from "./schema.ts";
import type { Column } from "./schema.ts";
import { brokenDirective, commentWord } from "./source.ts";
import { joinWords, splits, splitWords } from "./words.ts";

type SubworksheetInfo = SubworksheetsBlock["subworksheet_infos"][number];

/** An item with what it refers to. */
export type Item = { id: number | null; sort_key: number | null } & (
  | { type: "markup"; value: string }
  | { type: "directive"; value: string }
  | { type: "bundle"; bundle: ShownBundle["bundle"] }
  | { type: "worksheet"; worksheet: SubworksheetInfo }
  /** What a directive shows that is neither a bundle nor a worksheet. */
  | { type: "table"; table: FoundTable }
  /** What is wrong with a search. */
  | { type: "problem"; message: string }
);

/** An item, and the line of the source that it stands for: the results of a search have the line of the search. */
export interface Entry {
  line: number;
  item: Item;
}

type Place = readonly [block: number, row: number];

export interface Interpretation {
  blocks: Block[];
  /** The block and row that each line leads to. A line that shows nothing leads to the next one that does. */
  raw_to_block: (Place | null)[];
  /** The line for a block and row, written `block,row`. */
  block_to_raw: Record<string, number>;
}

/** Interprets items. `lines` is how many lines the source has. */
export function interpret(entries: readonly Entry[], lines: number): Interpretation {
  const interpreter = new Interpreter();
  for (const entry of entries) interpreter.take(entry);
  interpreter.end();
  return { blocks: interpreter.blocks, ...placesOf(interpreter.places, lines) };
}

/** A directive that shows what it finds. */
export interface Search {
  command: (typeof searchCommands)[number];
  keywords: string[];
}

/** `leaderboard` finds the rows of a leaderboard. */
const searchCommands = ["search", "wsearch", "leaderboard"] as const;
const isSearchCommand = (word: string | undefined): word is Search["command"] =>
  searchCommands.some((command) => command === word);

/** The search in a directive; undefined if it is another directive. */
export function searchIn(directive: string): Search | undefined {
  if (!splits(directive)) return undefined;
  const [command, ...keywords] = splitWords(directive);
  return isSearchCommand(command) ? { command, keywords } : undefined;
}

/** A text that says what is wrong with a line. */
const errorText = (line: number, problem: string): string => `Error in source line ${line + 1}: ${problem}`;

const usualDisplay = ["table", "default"];

class Interpreter {
  readonly blocks: Block[] = [];
  readonly places: { line: number; place: Place }[] = [];
  readonly #schemas = new Schemas();
  #display = { words: usualDisplay, line: 0 };
  #bundles: { line: number; shown: ShownBundle }[] = [];
  #worksheets: Extract<Item, { type: "worksheet" }>[] = [];
  #schema: { name: string; columns: Column[]; items: Item[] } | undefined;
  /** Whether the text of the next line belongs to the last block. */
  #inText = false;

  take({ line, item }: Entry): void {
    const wasInText = this.#inText;
    this.#inText = false;
    if (item.type !== "bundle") this.#endBundles();
    if (item.type !== "worksheet") this.#endWorksheets();
    try {
      const words = item.type === "directive" ? splitWords(item.value) : [];
      const isSearch = isSearchCommand(words[0]);
      if (item.type !== "bundle" && !isSearch) this.#display = { words: usualDisplay, line };
      if (words[0] !== "add" && words[0] !== "addschema") this.#endSchema();
      this.#interpret(line, item, words, wasInText);
    } catch (error) {
      if (!(error instanceof LanguageProblem)) throw error;
      this.#schema = undefined;
      this.#fail(line, errorText(line, error.message), item);
    }
  }

  end(): void {
    this.#endBundles();
    this.#endWorksheets();
    this.#endSchema();
  }

  #interpret(line: number, item: Item, words: readonly string[], wasInText: boolean): void {
    switch (item.type) {
      case "bundle": {
        const { bundle, id, sort_key } = item;
        this.#bundles.push({ line, shown: { bundle, id, sort_key } });
        return;
      }
      case "worksheet":
        this.places.push({ line, place: [this.blocks.length, this.#worksheets.length] });
        this.#worksheets.push(item);
        return;
      case "markup":
        return this.#text(line, item, wasInText);
      case "directive":
        return this.#directive(line, item, words);
      case "table":
        item.table.rows.forEach((_row, row) => this.places.push({ line, place: [this.blocks.length, row] }));
        if (item.table.rows.length === 0) this.places.push({ line, place: [this.blocks.length, 0] });
        this.blocks.push(foundTable(item.table, line));
        return;
      case "problem":
        throw new LanguageProblem(item.message);
    }
  }

  #text(line: number, item: Extract<Item, { type: "markup" }>, wasInText: boolean): void {
    const broken = brokenDirective(item.value);
    if (broken !== undefined) splitWords(broken);
    if (item.value.trim() === "") return;
    const last = wasInText ? this.blocks.at(-1) : undefined;
    const block = last?.mode === "markup_block" ? last : markup("");
    if (block !== last) this.blocks.push(block);
    block.text += block === last ? `\n${item.value}` : item.value;
    block.ids.push(item.id);
    block.sort_keys.push(item.sort_key);
    this.places.push({ line, place: [this.blocks.length - 1, 0] });
    this.#inText = true;
  }

  #directive(line: number, item: Item, words: readonly string[]): void {
    const [command, ...args] = words;
    switch (command) {
      case undefined:
      case "":
      case commentWord:
        return;
      case "schema":
        return this.#beginSchema(line, item, args);
      case "addschema":
        return this.#addSchema(line, item, args);
      case "add": {
        const schema = this.#openSchema("add");
        addColumns(schema.columns, [columnOf(args, schema.name)]);
        schema.items.push(item);
        return;
      }
      case "display":
        this.#display = { words: args, line };
        return;
      case "search":
      case "wsearch":
      case "leaderboard":
        this.places.push({ line, place: [this.blocks.length, 0] });
        this.blocks.push({
          mode: "placeholder_block",
          is_refined: true,
          directive: joinWords(words),
          sort_keys: [item.sort_key],
        });
        return;
      default:
        throw new LanguageProblem(`unknown directive \`${command}\``);
    }
  }

  #beginSchema(line: number, item: Item, [name]: readonly string[]): void {
    if (name === undefined) throw new LanguageProblem("`schema` missing name");
    this.#schema = { name, columns: this.#schemas.define(name), items: [item] };
    this.places.push({ line, place: [this.blocks.length, 0] });
  }

  /** The beginning of the error for a schema that does not exist is what scripts know. */
  #addSchema(line: number, item: Item, [name]: readonly string[]): void {
    const schema = this.#openSchema("addschema");
    if (name === undefined) throw new LanguageProblem("`addschema` missing name");
    const added = this.#schemas.named(name);
    if (!added) {
      this.#schema = undefined;
      this.#fail(line, `Unexpected error while parsing line ${line + 1}: no schema is called \`${name}\``, item);
      return;
    }
    addColumns(schema.columns, added);
    schema.items.push(item);
  }

  #openSchema(command: string) {
    if (!this.#schema) throw new LanguageProblem(`\`${command}\` must be preceded by \`schema\` directive`);
    return this.#schema;
  }

  #endSchema(): void {
    if (!this.#schema) return;
    const { name, columns, items } = this.#schema;
    this.#schema = undefined;
    this.blocks.push({
      mode: "schema_block",
      is_refined: true,
      status: status("unknown"),
      schema_name: name,
      header: ["field", "generalized-path", "post-processor"],
      field_rows: columns.map((column) => ({
        field: column.name,
        "generalized-path": column.genpath,
        "post-processor": column.post,
        from_schema_name: column.schema,
      })),
      ids: items.map(({ id }) => id),
      sort_keys: items.map(({ sort_key }) => sort_key),
    });
  }

  #endBundles(): void {
    const bundles = this.#bundles;
    if (bundles.length === 0) return;
    this.#bundles = [];
    const first = this.blocks.length;
    try {
      const shown = bundles.map((bundle) => bundle.shown);
      const { blocks, places } = display(this.#display.words, shown, this.#schemas, bundles[0]!.line);
      this.blocks.push(...blocks);
      bundles.forEach(({ line }, index) => {
        const place = places[index];
        if (place) this.places.push({ line, place: [first + place[0], place[1]] });
      });
    } catch (error) {
      if (!(error instanceof LanguageProblem)) throw error;
      this.blocks.push(markup(errorText(this.#display.line, error.message), true));
      for (const { line } of bundles) this.places.push({ line, place: [first, 0] });
    }
  }

  #endWorksheets(): void {
    if (this.#worksheets.length === 0) return;
    this.blocks.push({
      mode: "subworksheets_block",
      is_refined: true,
      subworksheet_infos: this.#worksheets.map(({ worksheet, id, sort_key }) => ({ ...worksheet, id, sort_key })),
      sort_keys: this.#worksheets.map(({ sort_key }) => sort_key),
    });
    this.#worksheets = [];
  }

  #fail(line: number, text: string, { id, sort_key }: Item): void {
    this.places.push({ line, place: [this.blocks.length, 0] });
    this.blocks.push({ ...markup(text, true), ids: [id], sort_keys: [sort_key] });
  }
}

/** Of several lines for the same block and row, such as those of a text, the last one is its line. */
function placesOf(places: Interpreter["places"], lines: number): Omit<Interpretation, "blocks"> {
  const raw_to_block: (Place | null)[] = Array.from({ length: lines }, () => null);
  const block_to_raw: Record<string, number> = {};
  for (const { line, place } of places) {
    raw_to_block[line] ??= place;
    block_to_raw[place.join()] = line;
  }
  for (let line = lines - 2; line >= 0; line--) raw_to_block[line] ??= raw_to_block[line + 1]!;
  return { raw_to_block, block_to_raw };
}
