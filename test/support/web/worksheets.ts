/** Worksheets with everything that can stand on one, put there by the API. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { example } from "../examples.ts";
import type { Person } from "../platform.ts";

export interface WebSheets {
  /** Everything that can stand on a worksheet. */
  results: string;
  empty: string;
  frozen: string;
  /** The uuids of what stands on `results`. */
  bundles: Record<"train" | "baseline" | "curve" | "picture" | "run", string>;
}

interface Made {
  data: { id: string }[];
}

/** Makes a worksheet with a source. Returns its uuid. */
export async function makeSheet(person: Person, name: string, source = "", title = ""): Promise<string> {
  const { body } = await person.send<Made>("POST", "/rest/worksheets/", {
    json: { data: [{ type: "worksheets", attributes: { name } }] },
  });
  const uuid = body.data[0]!.id;
  await writeSheet(person, uuid, source);
  if (title !== "") await changeSheet(person, uuid, { title });
  return uuid;
}

/** Replaces everything on a worksheet. */
export async function writeSheet(person: Person, uuid: string, source: string): Promise<void> {
  const { status, text } = await person.send("PUT", `/rest/worksheets/${uuid}/raw/`, {
    raw: source,
    type: "text/plain",
  });
  assert.equal(status, 204, text);
}

/** The source of a worksheet. The labels of bundles are left out, because the platform writes them. */
export async function readSheet(person: Person, uuid: string): Promise<string[]> {
  const { body } = await person.send<{ source: string[] }>("GET", `/rest/interpret/worksheet/${uuid}/`);
  return body.source.map((line) => line.replace(/^\[.*\](?=\{)/, ""));
}

export async function changeSheet(person: Person, uuid: string, attributes: object): Promise<void> {
  const { status, text } = await person.send("PATCH", "/rest/worksheets/", {
    json: { data: [{ type: "worksheets", id: uuid, attributes }] },
  });
  assert.equal(status, 200, text);
}

/** Makes a bundle that is on no worksheet, which everybody may read, and uploads its contents, if it has some. */
export async function makeSheetBundle(
  person: Person,
  attributes: { bundle_type?: "dataset" | "run"; metadata: object } & Record<string, unknown>,
  contents?: { name: string; bytes: string | Buffer },
): Promise<string> {
  const { bundle_type: type = "dataset" } = attributes;
  const ofAll = { description: "", tags: [] };
  const own =
    type === "dataset"
      ? { license: "", source_url: "" }
      : {
          request_docker_image: "",
          request_time: "",
          request_memory: "2g",
          request_disk: "",
          request_cpus: 1,
          request_gpus: 0,
          request_queue: "",
          request_priority: 0,
          request_network: true,
          exclude_patterns: [],
        };
  const metadata = { ...ofAll, ...own, ...attributes.metadata };
  const { body, text } = await person.send<Made>("POST", "/rest/bundles/?detached=1", {
    json: { data: [{ type: "bundles", attributes: { ...attributes, bundle_type: type, metadata } }] },
  });
  const uuid = body.data[0]?.id;
  assert(uuid, text);
  if (contents) {
    const sent = await person.send("PUT", `/rest/bundles/${uuid}/contents/blob/?filename=${contents.name}`, {
      raw: contents.bytes,
      type: "application/octet-stream",
    });
    assert.equal(sent.status, 200, sent.text);
  }
  return uuid;
}

const json = (value: unknown) => ({ name: "stats.json", bytes: JSON.stringify(value) });

/** Makes the worksheets of a person's. */
export async function makeSheets(person: Person): Promise<WebSheets> {
  const bundle = (name: string, contents?: Parameters<typeof makeSheetBundle>[2]) =>
    makeSheetBundle(person, { metadata: { name } }, contents);
  const train = await bundle("train", json({ accuracy: 0.9132 }));
  const baseline = await bundle("baseline", json({ accuracy: 0.7518 }));
  const losses = Array.from({ length: 40 }, (_, epoch) => `${epoch}\t${(2 * 0.93 ** epoch).toFixed(4)}`);
  const curve = await bundle("curve", { name: "curve.tsv", bytes: ["epoch\tloss", ...losses].join("\n") });
  const logo = await readFile(join(example("temperature-forecast").bundle, "logo.png"));
  const picture = await bundle("picture", { name: "plot.png", bytes: logo });
  const run = await makeSheetBundle(person, {
    bundle_type: "run",
    command: "python train.py --data data",
    metadata: { name: "run-python" },
    dependencies: [{ child_path: "data", parent_uuid: train, parent_path: "" }],
  });
  const notes = await makeSheet(person, "notes-of-the-group", "Write here.", "Notes of the group");
  const source = [
    "# Three models",
    `<b onclick="document.title = 'run'">All of them</b> learned from<script>document.title = "run"</script> the same rows.`,
    "We minimise $L(w) = \\frac{1}{n} \\sum_i \\ell(w, x_i)$ and report the **mean accuracy**.",
    "",
    "% schema results",
    "% add name",
    "% add accuracy /:accuracy %.3f",
    "% add size data_size size",
    "% add state",
    "% display table results",
    `{${train}}`,
    `{${baseline}}`,
    `{${run}}`,
    "",
    "The loss falls:",
    "% display graph / maxlines=50 xlabel=epoch ylabel=loss",
    `{${curve}}`,
    "% display record",
    `{${baseline}}`,
    "% display contents / maxlines=4",
    `{${curve}}`,
    "% display image /",
    `{${picture}}`,
    "% display table results",
    "% search name=train,baseline",
    `{{${notes}}}`,
    "% nonsense",
  ];
  const results = await makeSheet(person, "results", source.join("\n"));
  await changeSheet(person, results, { title: "Three models on tabular data", tags: ["paper", "2027"] });
  const empty = await makeSheet(person, "an-empty-one");
  const frozen = await makeSheet(person, "frozen-results", "As it was when the paper was printed.");
  await changeSheet(person, frozen, { frozen: true });
  return { results, empty, frozen, bundles: { train, baseline, curve, picture, run } };
}
