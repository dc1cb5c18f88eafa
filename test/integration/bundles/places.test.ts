/** Problems found while keys are looked up and files are read have the organizer's paths, too. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "@jest/globals";
import { phase, bundleFiles, inDays, logo, zip } from "../../support/competitions.ts";
import { startLab, type Lab } from "./lab.ts";
import { rawZip } from "./raw-zip.ts";

const unknownKey = "0b9c1b1e-6f0b-4f6e-9a3e-2f1d3c4b5a69";

let lab: Lab;
beforeAll(async () => (lab = await startLab()));
afterAll(() => lab.close());

const placesOf = async (content: Buffer) => {
  const { status, problems } = await lab.unpack(await lab.upload(content));
  assert.equal(status, "Failed");
  return problems.flatMap(({ code, severity, path }) => (severity === "error" ? [`${code} ${path}`] : [])).sort();
};

test("in a bundle of version 1.5: in its phases and html, from which other parts are made", async () => {
  const yaml = `title: Hello
image: logo.png
html: {overview: overview.md, terms: terms.md}
phases:
  second: {phasenumber: 2, label: Second, start_date: 2026-02-01, scoring_program: scoring.zip, starting_kit: ${unknownKey}}
  first: {phasenumber: 1, label: First, start_date: 2026-01-01, scoring_program: scoring.zip, reference_data: ${unknownKey}}
leaderboard:
  leaderboards: {R: &R {label: RESULTS, rank: 1}}
  columns: {c: {leaderboard: *R, label: C, rank: 1}}
`;
  const latin1 = Buffer.from("caf\xe9", "latin1");
  const files = {
    "logo.png": logo,
    "overview.md": latin1,
    "terms.md": latin1,
    "scoring.zip": rawZip([{ name: "metadata", content: "command: python score.py" }]),
  };
  const content = rawZip(
    Object.entries({ "competition.yaml": yaml, ...files }).map(([name, content]) => ({ name, content })),
  );
  assert.deepEqual(await placesOf(content), [
    "BND-11 phases.first.reference_data",
    "BND-11 phases.second.starting_kit",
    "BND-99 html.overview",
    "BND-99 html.terms",
  ]);
});

test("in a bundle of version 2 whose phases are not in order of their index", async () => {
  const later = phase({ index: 1, name: "Later", start: inDays(2), end: inDays(3), public_data: unknownKey });
  const sooner = phase({ index: 0, name: "Sooner", start: inDays(-1), end: inDays(1) });
  assert.deepEqual(await placesOf(await zip(bundleFiles({ phases: [later, sooner] }))), [
    "BND-11 phases[0].public_data",
  ]);
});
