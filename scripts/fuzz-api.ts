/**
 * `npm run fuzz:api`: sends thousands of generated requests to a platform of its own, as a visitor, a participant, an organizer and an
 * administrator, and compares each answer with the OpenAPI document. docs/security.md describes it.
 *
 *     npm run fuzz:api -- [--examples N] [--seed N] [--as visitor|participant|organizer|administrator]
 *
 * The requests come from Schemathesis, a program of PyPI. SCHEMATHESIS names its command, `schemathesis` by default. The exit code is 0
 * when every answer was as described, 1 when one was not, and 2 when Schemathesis cannot be run.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ApiClient } from "../client/api-client.ts";
import { packFolder } from "../client/pack.ts";
import { worksheetsOptionsSchema } from "../lambdas/kernel/worksheets-options.ts";
import { openSignIn } from "../lambdas/accounts/rules/sign-in-options.ts";
import { startLocalPlatform } from "../local/platform.ts";

interface Parameter {
  name: string;
  in: string;
  schema: object;
}

const schemathesis = process.env["SCHEMATHESIS"] || "schemathesis";
const password = "only-for-this-run";
const example = join(import.meta.dirname, "../examples/temperature-forecast");

/** What would end the run: it takes the login of the sender, or of everybody. */
const endsTheRun = [
  "^/accounts/(logout|delete|password_reset)",
  "^/api/sessions?/",
  "^/api/tokens/\\{id\\}",
  "^/api/account/(password|deletion|second-factor)",
  "^/api/admin/users/(many|\\{id\\}/(ban|revoke_logins|password_reset|impersonate))",
  "^/api/maintenance",
  "^/rest/oauth2/revoke",
  // They ask for the token of a worker, and tests of their own send them damaged bodies.
  "^/api/worker",
];

const { values } = parseArgs({
  options: {
    examples: { type: "string", default: "15" },
    seed: { type: "string", default: "1" },
    as: { type: "string" },
  },
});

const version = spawnSync(schemathesis, ["--version"], { encoding: "utf8" });
if (version.status !== 0) {
  console.error(
    "Schemathesis is not there. Install it with `python3 -m venv VENV && VENV/bin/pip install schemathesis`, and name it with SCHEMATHESIS=VENV/bin/schemathesis.",
  );
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "benchstack-fuzz-"));
const platform = await startLocalPlatform({
  home: join(folder, "home"),
  host: "127.0.0.1",
  port: 0,
  publicUrl: null,
  adminPassword: password,
  allowNetwork: false,
  signIn: openSignIn,
  identitySecrets: {},
  freeTries: {},
  storageQuotaBytes: 15e9,
  linkFolders: [],
  worksheets: worksheetsOptionsSchema.parse({}),
  deletionGraceDays: 14,
  maxStepSeconds: 600,
  web: null,
  onMail: null,
  worker: null,
});
try {
  const { senders, keys } = await fill(platform.url);
  const document = await documentFor(keys);
  let status = 0;
  for (const [name, token] of Object.entries(senders))
    if (values.as === undefined || values.as === name) {
      console.log(`As ${name}:`);
      status = Math.max(status, await fuzz(document, token));
    }
  process.exitCode = status;
} finally {
  await platform.close({ atOnce: true });
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/** A competition with a submission, and who takes part. Returns everybody's token, and what stands in paths. */
async function fill(url: string): Promise<{ senders: Record<string, string | null>; keys: Record<string, string[]> }> {
  const anyone = new ApiClient(url);
  const token = (username: string) => anyone.createToken(username, password);
  const administrator = await token("admin");
  const admin = new ApiClient(url, administrator);
  for (const username of ["organizer", "participant"])
    await admin.request("POST", "/api/users/", { username, email: `${username}@example.org`, password });
  const [organizer, participant] = [await token("organizer"), await token("participant")];
  const theirs = new ApiClient(url, organizer);
  const zip = async (name: string, source: string) => {
    const file = join(folder, `${name}.zip`);
    await writeFile(file, await packFolder(join(example, source)));
    return file;
  };
  const competition = await theirs.createCompetition(await zip("bundle", "bundle"));
  await theirs.request("POST", `/api/competitions/${competition.id}/toggle_publish/`);
  const one = new ApiClient(url, participant);
  await one.request("POST", `/api/competitions/${competition.id}/register/`, {});
  const key = await one.upload("submission", await zip("submission", "submissions/fitted-wave"));
  await one.submit(competition.phases[0]!.id, key);
  return {
    senders: { visitor: null, participant, organizer, administrator },
    keys: { id: ["1", "2", "3"], key: [key], name: ["participant"], spec: ["participant", "admin"], table: ["users"] },
  };
}

/**
 * The document of the platform, for somebody who is logged in as a header says, with ids that there are. Otherwise most requests would fail
 * at a login or an id that was made up, and reach nothing.
 */
async function documentFor(keys: Record<string, string[]>): Promise<string> {
  const response = await fetch(`${platform.url}/api/schema.json`);
  const document = (await response.json()) as {
    components: { securitySchemes?: object };
    paths: Record<string, Record<string, { security?: object; parameters?: Parameter[] }>>;
  };
  delete document.components.securitySchemes;
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    delete operation.security;
    for (const parameter of operation.parameters ?? [])
      if (parameter.in === "path" && keys[parameter.name]) parameter.schema = { enum: keys[parameter.name]! };
  }
  const file = join(folder, "openapi.json");
  await writeFile(file, JSON.stringify(document));
  return file;
}

function fuzz(document: string, token: string | null): Promise<number> {
  const args = [
    ...["run", document, "--url", platform.url],
    ...["--exclude-path-regex", endsTheRun.join("|")],
    ...(token ? ["--header", `Authorization:Token ${token}`] : []),
    ...["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"],
    // The phase `coverage` takes more memory than most machines have.
    ...["--phases", "fuzzing", "--max-examples", values.examples, "--seed", values.seed, "--continue-on-failure"],
    ...["--no-color", "--no-shrink", "--warnings", "off"],
  ];
  return new Promise((resolve) =>
    spawn(schemathesis, args, { stdio: "inherit", cwd: folder }).on("exit", (code) => resolve(code ?? 1)),
  );
}
