import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { Block } from "../../../lambdas/worksheets/rules/blocks.ts";
import { argsOf, descriptionOf, fieldOf } from "../../../lambdas/worksheets/rules/bundle-info.ts";
import type { BundleInfo } from "../../../lambdas/worksheets/rules/bundle-info.ts";
import { interpret, searchIn } from "../../../lambdas/worksheets/rules/interpret.ts";
import type { Item } from "../../../lambdas/worksheets/rules/interpret.ts";
import { readSource } from "../../../lambdas/worksheets/rules/source.ts";
import { lines } from "./worksheet-sources.ts";

const uuid = (digit: string) => `0x${digit.repeat(32)}`;

const bundle = (more: Partial<BundleInfo> = {}): BundleInfo => ({
  uuid: uuid("a"),
  bundle_type: "run",
  command: 'echo "hi there"',
  state: "ready",
  state_details: null,
  frozen: null,
  is_anonymous: false,
  dependencies: [
    { child_path: "data", parent_uuid: uuid("b"), parent_path: "train", parent_name: "digits" },
    { child_path: "model", parent_uuid: uuid("c"), parent_path: "", parent_name: "model" },
  ],
  metadata: {
    name: "run-echo",
    request_cpus: 1,
    request_memory: "2g",
    request_network: true,
    request_gpus: 0,
    time: 100,
  },
  permission: 2,
  permission_spec: "all",
  group_permissions: [{ group_uuid: uuid("d"), group_name: "public", permission_spec: "read" }],
  host_worksheets: [{ uuid: uuid("e"), name: "home-x" }],
  owner_id: "1",
  owner_name: "ann",
  args: null,
  ...more,
});

/** Items of a source, whose bundles `a`, `b` … exist, unless they are called `missing`. */
const itemsOf = (source: string): Item[] =>
  readSource(source).map((item, index): Item => {
    const place = { id: 100 + index, sort_key: index };
    if (item.type === "worksheet")
      return { type: "worksheet", ...place, worksheet: { uuid: uuid("f"), name: item.spec } };
    if (item.type !== "bundle") return { ...item, ...place };
    if (item.spec === "missing") return { type: "bundle", ...place, bundle: { uuid: uuid("0") } };
    return { type: "bundle", ...place, bundle: bundle({ metadata: { name: item.spec, time: 100 } }) };
  });

const show = (source: string) => {
  const items = itemsOf(source);
  return interpret(
    items.map((item, line) => ({ line, item })),
    items.length,
  );
};

const modes = (source: string) => show(source).blocks.map(({ mode }) => mode);
const textIn = (block: Block | undefined) => (block?.mode === "markup_block" ? block.text : undefined);

describe("fields of bundles", () => {
  it("say how a bundle came to be and how to make it again (W-87)", () => {
    const run = bundle();
    const expected: Record<string, unknown> = {
      dependencies: "data:digits/train,:model",
      "dependencies/data": "digits/train",
      "dependencies/none": "<none>",
      summary: '! echo "hi there"',
      host_worksheets: `home-x(${uuid("e")})`,
      permission: "all",
      group_permissions: "public(0xdddddd):read",
      owner: "ann",
      time: 100,
      nothing: null,
      constructor: null,
    };
    for (const [genpath, value] of Object.entries(expected)) assert.deepEqual(fieldOf(run, genpath), value, genpath);
    assert.equal(fieldOf(bundle({ bundle_type: "make" }), "summary"), "= data{digits:0xbb} model{0xcc}");
    assert.equal(fieldOf(bundle({ bundle_type: "dataset" }), "summary"), "[uploaded]");
    assert.equal(String(fieldOf(bundle({ command: "x".repeat(5000) }), "summary")).length, 1024 + 3);
    assert.equal(
      argsOf(run),
      `run data:${uuid("b")}/train model:${uuid("c")} "echo \\"hi there\\"" --request-cpus 1 --request-memory 2g --request-network`,
    );
    assert.equal(argsOf(bundle({ bundle_type: "dataset" })), null);
    const whole = { child_path: "", parent_uuid: uuid("b"), parent_path: "", parent_name: "digits" };
    assert.equal(
      argsOf(bundle({ bundle_type: "make", command: null, metadata: {}, dependencies: [whole] })),
      `make ${uuid("b")}`,
    );
    assert.equal(descriptionOf(run), 'run run-echo -- data:digits/train,:model : echo "hi there"');
    assert.equal(descriptionOf({ uuid: uuid("0") }), "");
  });
});

describe("interpreting a worksheet", () => {
  it("joins lines of text, and a blank line separates them (W-84)", () => {
    const { blocks, raw_to_block, block_to_raw } = show("a\nb\n\nc\n// note\nd");
    assert.deepEqual(blocks.map(textIn), ["a\nb", "c", "d"]);
    assert.deepEqual(raw_to_block, [
      [0, 0],
      [0, 0],
      [1, 0],
      [1, 0],
      [2, 0],
      [2, 0],
    ]);
    assert.deepEqual(block_to_raw, { "0,0": 1, "1,0": 3, "2,0": 5 });
    assert.deepEqual((blocks[0] as { ids: number[] }).ids, [100, 101]);
  });

  it("shows bundles that follow each other as one table (W-86)", () => {
    const { blocks, raw_to_block } = show("{a}\n{missing}\ntext\n{b}");
    const [table] = blocks;
    assert.ok(table?.mode === "table_block");
    assert.deepEqual(table.header, ["uuid[0:8]", "name", "summary[0:1024]", "data_size", "state", "description"]);
    assert.deepEqual(table.rows[1], {
      "uuid[0:8]": "0x000000",
      name: "<invalid>",
      "summary[0:1024]": null,
      data_size: null,
      state: null,
      description: null,
    });
    assert.deepEqual(table.bundles_spec.uuid_spec, [uuid("a"), uuid("0")]);
    assert.deepEqual([table.sort_keys, table.first_bundle_source_index, table.using_schemas], [[0, 1], 0, ["default"]]);
    assert.deepEqual(raw_to_block, [
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 0],
    ]);
  });

  it("shows tables and records with schemas, and leaves what is in files for later (W-85, W-86)", () => {
    const source = `% schema s\n% add name\n% add "took long" time duration\n% add /stdout\n% addschema uuid
% display table s state:state:[0:2]\n{a}\n% display record s\n{a}\n{b}`;
    const { blocks, raw_to_block } = show(source);
    const [schema, table, record, other] = blocks;
    assert.ok(schema?.mode === "schema_block" && table?.mode === "table_block" && record?.mode === "record_block");
    assert.deepEqual(schema.field_rows[1], {
      field: "took long",
      "generalized-path": "time",
      "post-processor": "duration",
      from_schema_name: "s",
    });
    assert.equal(schema.field_rows[3]!.from_schema_name, null);
    assert.deepEqual(schema.ids, [100, 101, 102, 103, 104]);
    assert.deepEqual(table.rows, [
      { name: "a", "took long": "1m40s", stdout: [uuid("a"), "/stdout", null], "uuid[0:8]": "0xaaaaaa", state: "re" },
    ]);
    assert.deepEqual(record.rows[1], { key: "took long:", value: "1m40s" });
    assert.equal(other?.mode, "record_block");
    assert.deepEqual(
      [raw_to_block[0], raw_to_block[1], raw_to_block[8], raw_to_block[9]],
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
      ],
    );
  });

  it("shows contents, images and graphs with their properties (W-86)", () => {
    const [contents, image, graph] = show(`% display contents /a/b maxlines=3\n{a}
% display image / width=500 height=50%\n{a}\n% display graph /t.tsv xlabel=x display_name=state\n{a}\n{b}`).blocks;
    assert.ok(contents?.mode === "contents_block" && image?.mode === "image_block" && graph?.mode === "graph_block");
    assert.deepEqual([contents.target_genpath, contents.max_lines, contents.lines], ["a/b", 3, null]);
    assert.deepEqual([image.target_genpath, image.width, image.height], ["", 500, null]);
    assert.deepEqual(graph.trajectories[1], { bundle_uuid: uuid("a"), display_name: "ready", target_genpath: "t.tsv" });
    assert.deepEqual([graph.max_lines, graph.xlabel, graph.ylabel], [10, "x", null]);
  });

  it("applies `display` to the bundles and searches directly below it only (W-86)", () => {
    assert.deepEqual(modes("% display hidden\n{a}\n\n{a}"), ["table_block"]);
    assert.deepEqual(modes("% display record\n% search x\n{a}"), ["placeholder_block", "record_block"]);
    assert.deepEqual(modes("{{w}}\n{{v}}\n{a}"), ["subworksheets_block", "table_block"]);
  });

  it("turns what is wrong with a line into a block, and goes on (W-91)", () => {
    const errors: [string, string][] = [
      ["% hi", "Error in source line 1: unknown directive `hi`"],
      ["% add name", "Error in source line 1: `add` must be preceded by `schema` directive"],
      ["% addschema s", "Error in source line 1: `addschema` must be preceded by `schema` directive"],
      ["% schema", "Error in source line 1: `schema` missing name"],
      ["% schema s\n% addschema t", "Unexpected error while parsing line 2: no schema is called `t`"],
      ["x\n\n% display html /\n{a}", "Error in source line 3: Unknown display mode: html"],
      [
        "% display contents\n{a}",
        "Error in source line 1: Expected '% display contents (genpath)', but got '% display contents'",
      ],
      ["% display contents stdout\n{a}", "Error in source line 1: Not file genpath: stdout"],
      ["% display contents / maxlines=x\n{a}", "Error in source line 1: maxlines must be integer"],
      ["% display contents / x\n{a}", "Error in source line 1: Expected <key>=<value>, but got x"],
      ['% display "x', 'Error in source line 1: display "x cannot be split into words: a " has no closing "'],
      ["% display contents /\n{missing}", "ERROR: cannot access bundle"],
    ];
    for (const [source, text] of errors) {
      const { blocks } = show(`${source}\nnext`);
      assert.ok(
        blocks.some((block) => textIn(block) === text && block.mode === "markup_block" && block.error),
        text,
      );
      assert.equal(textIn(blocks.at(-1)), "next", source);
    }
  });

  it("finds searches (W-94)", () => {
    assert.deepEqual(searchIn("search name=x '.limit=3'"), { command: "search", keywords: ["name=x", ".limit=3"] });
    for (const other of ["display table", "", 'search "x']) assert.equal(searchIn(other), undefined);
  });

  it("interprets 10,000 random sources without an error, and leads every line to a block that exists (W-91, W-92)", () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 25 }), (source) => {
        const { blocks, raw_to_block, block_to_raw } = show(source.join("\n"));
        assert.equal(raw_to_block.length, source.length === 0 || source.join("\n") === "" ? 0 : source.length);
        for (const place of raw_to_block) if (place) assert.ok(blocks[place[0]], String(place));
        for (const [place, line] of Object.entries(block_to_raw)) {
          assert.ok(blocks[Number(place.split(",")[0])], place);
          assert.ok(line < source.length, place);
        }
        JSON.stringify(blocks);
      }),
      { seed: 16, numRuns: 10_000 },
    );
  });
});
