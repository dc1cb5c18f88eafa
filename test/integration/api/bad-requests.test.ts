import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, inDays, phase, register, unpacked, upload, zip } from "../../support/competitions.ts";
import type { Files } from "../../support/competitions.ts";
import { assertRefused, send } from "../../support/http.ts";
import type { Content } from "../../support/http.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

const results: Files = { "answer.txt": "1" };

describe("a request that is refused says why and changes nothing", () => {
  let platform: TestPlatform;
  let organizer: Person;
  /** Takes part in `competition`. */
  let ada: Person;
  /** Takes part in nothing. */
  let eve: Person;
  let competition: Competition;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    [organizer, ada, eve] = await Promise.all([platform.newPerson(), platform.newPerson(), platform.newPerson()]);
    competition = await platform.newCompetition(
      organizer,
      bundleFiles({
        tasks: [
          { index: 0, name: "First task", scoring_program: "scoring_program/" },
          { index: 1, name: "Second task", scoring_program: "scoring_program/" },
        ],
        phases: [
          phase({ index: 0, name: "Over", start: inDays(-9), end: inDays(-5) }),
          phase({ index: 1, name: "Closed", start: inDays(-4.9), phase_never_ends: true, accepts_submissions: false }),
          phase({ index: 2, name: "Open", start: inDays(-4), end: inDays(4) }),
          phase({ index: 3, name: "To come", start: inDays(5), tasks: [1] }),
        ],
      }),
    );
    await register(competition, ada);
  });
  afterAll(() => platform.close());

  const phaseNamed = (name: string) => {
    const found = competition.phases.find((phase) => phase.name === name);
    assert.ok(found);
    return found;
  };
  const submission = async (person: Person) => upload(person, "submission", await zip(results));

  const post = (person: Person, path: string, json: unknown) => () => person.send("POST", path, { json });

  describe("submissions", () => {
    const refusedSubmission = async (person: Person, phaseId: number, code: string, status = 403, detail?: RegExp) => {
      const data = await submission(person);
      return platform.refuses(
        post(person, "/api/submissions/", { phase: phaseId, data, tasks: [] }),
        status,
        code,
        detail,
      );
    };

    it("by somebody who is not registered, or not yet approved: NOT_APPROVED", async () => {
      await refusedSubmission(eve, phaseNamed("Open").id, "NOT_APPROVED", 403, /not approved/);
      const selective = await platform.newCompetition(organizer, bundleFiles({ registration_auto_approve: false }));
      const registered = await eve.send("POST", `/api/competitions/${selective.id}/register/`, { json: {} });
      assert.deepEqual([registered.status, registered.body], [201, { participant_status: "pending" }]);
      await refusedSubmission(eve, selective.phases[0]!.id, "NOT_APPROVED");
    });

    it("to a phase that has not started or is over: PHASE_NOT_STARTED, PHASE_ENDED, with the date; organizers may (A-30)", async () => {
      const year = /\d{4}-\d\d-\d\d \d\d:\d\d UTC/;
      await refusedSubmission(ada, phaseNamed("To come").id, "PHASE_NOT_STARTED", 403, year);
      await refusedSubmission(ada, phaseNamed("Over").id, "PHASE_ENDED", 403, year);
      for (const name of ["To come", "Over"]) {
        const body = { phase: phaseNamed(name).id, data: await submission(organizer) };
        assert.equal((await organizer.send("POST", "/api/submissions/", { json: body })).status, 201);
      }
    });

    it("to a phase that accepts none: PHASE_CLOSED, until organizers open it (A-114)", async () => {
      const closed = phaseNamed("Closed");
      for (const person of [ada, organizer]) await refusedSubmission(person, closed.id, "PHASE_CLOSED");
      const change = async (phases: object[]) =>
        organizer.send("PATCH", `/api/competitions/${competition.id}/`, { json: { phases } });
      const kept = competition.phases.map(({ id }) => ({ id }));
      assert.equal((await change(kept)).status, 200);
      await refusedSubmission(ada, closed.id, "PHASE_CLOSED");
      assert.equal((await change(kept.map(({ id }) => ({ id, accepts_submissions: true })))).status, 200);
      const body = { phase: closed.id, data: await submission(ada) };
      assert.equal((await ada.send("POST", "/api/submissions/", { json: body })).status, 201);
    });

    it("to a task that is not of the phase, of this competition or another: TASK_NOT_IN_PHASE", async () => {
      const other = await platform.newCompetition(organizer, bundleFiles());
      for (const task of [phaseNamed("To come").tasks[0]!.id, other.phases[0]!.tasks[0]!.id, 2_000_000_000]) {
        const data = await submission(ada);
        const body = { phase: phaseNamed("Open").id, data, tasks: [task] };
        await platform.refuses(post(ada, "/api/submissions/", body), 400, "TASK_NOT_IN_PHASE", new RegExp(`${task}`));
      }
    });

    it("to a phase of a competition one may not see, or of none: NO_SUCH_PHASE", async () => {
      const { resulting_competition: id } = await unpacked(organizer, await zip(bundleFiles()));
      const hidden = await organizer.client.request<Competition>("GET", `/api/competitions/${id}/`);
      await refusedSubmission(ada, hidden.phases[0]!.id, "NO_SUCH_PHASE", 400);
      await refusedSubmission(ada, 2_000_000_000, "NO_SUCH_PHASE", 400);
    });

    it("over a limit: DAILY_LIMIT, TOTAL_LIMIT, and of many at once exactly as many pass as are left (A-30)", async () => {
      const limited = await platform.newCompetition(
        organizer,
        bundleFiles({
          phases: [
            phase({ index: 0, name: "A day", start: inDays(-3), end: inDays(2), max_submissions_per_day: 2 }),
            phase({ index: 1, name: "In all", start: inDays(3), end: inDays(4), max_submissions: 1 }),
          ],
        }),
      );
      await register(limited, ada);
      const bodies = await Promise.all(
        Array.from({ length: 8 }, async () => ({ phase: limited.phases[0]!.id, data: await submission(ada) })),
      );
      const { rows } = await platform.contents();
      const answers = await Promise.all(bodies.map((json) => ada.send("POST", "/api/submissions/", { json })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 403, 403, 403, 403, 403, 403]);
      for (const answer of answers.filter(({ status }) => status === 403))
        assertRefused(answer, 403, "DAILY_LIMIT", /all 2/);
      const after = (await platform.contents()).rows;
      assert.deepEqual(after, { ...rows, submissions: rows["submissions"]! + 2, jobs: rows["jobs"]! + 2 });
      const can = await ada.send("GET", `/api/can_make_submission/${limited.phases[0]!.id}/`);
      assert.deepEqual([can.status, can.body["can"], can.body["code"]], [200, false, "DAILY_LIMIT"]);

      // Organizers may submit before a phase starts, but not more than anybody.
      const body = async () => ({ phase: limited.phases[1]!.id, data: await submission(organizer) });
      assert.equal((await organizer.send("POST", "/api/submissions/", { json: await body() })).status, 201);
      await platform.refuses(
        post(organizer, "/api/submissions/", await body()),
        403,
        "TOTAL_LIMIT",
        /all 1 submissions/,
      );
    });

    it("of a file that was never uploaded, is somebody else's, is no submission, or is nothing", async () => {
      const open = phaseNamed("Open").id;
      const { key } = await ada.client.request<{ key: string }>("POST", "/api/datasets/", {
        type: "submission",
        request_sassy_file_name: "submission.zip",
        file_size: 100,
      });
      const submitting = (data: unknown) => post(ada, "/api/submissions/", { phase: open, data });
      await platform.refuses(submitting(key), 400, "NOT_UPLOADED", /has not been uploaded/);
      await platform.refuses(submitting(await submission(eve)), 400, "NO_SUCH_DATASET");
      await platform.refuses(submitting(randomUUID()), 400, "NO_SUCH_DATASET");
      await platform.refuses(
        submitting(await upload(ada, "reference_data", await zip(results))),
        400,
        "NOT_A_SUBMISSION",
      );
      const body = await platform.refuses(submitting("not-a-key"), 400, "INVALID");
      assert.ok(Array.isArray(body["data"]));
    });
  });

  describe("bodies", () => {
    const dataset = (content: Content) => () => ada.send("POST", "/api/datasets/", content);

    it("that are no JSON, or another kind of JSON than a mapping: MALFORMED_BODY, INVALID", async () => {
      const type = "application/json";
      await platform.refuses(dataset({ raw: '{"type": "submission",', type }), 400, "MALFORMED_BODY", /JSON/);
      await platform.refuses(dataset({ raw: Buffer.from([0xff, 0xfe, 0x00]), type }), 400, "MALFORMED_BODY");
      for (const json of [null, [], "text", 7, true]) await platform.refuses(dataset({ json }), 400, "INVALID");
    });

    it("of a kind that nobody reads: UNSUPPORTED_MEDIA_TYPE, with the kinds that are read", async () => {
      await platform.refuses(
        dataset({ raw: "<type/>", type: "application/xml" }),
        400,
        "UNSUPPORTED_MEDIA_TYPE",
        /application\/json/,
      );
    });

    it("that are broken forms, or forms with a file: MALFORMED_BODY, FILE_IN_FORM", async () => {
      await platform.refuses(
        dataset({ raw: "no boundary here", type: "multipart/form-data; boundary=x" }),
        400,
        "MALFORMED_BODY",
      );
      const form = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK\r\n--x--\r\n';
      await platform.refuses(
        dataset({ raw: form, type: "multipart/form-data; boundary=x" }),
        400,
        "FILE_IN_FORM",
        /signed URL/,
      );
    });

    it("without fields that are needed, or with wrong ones: INVALID, each field by its name with a sentence (A-5)", async () => {
      const body = await platform.refuses(dataset({ json: { type: "elephant", file_size: -1 } }), 400, "INVALID");
      for (const field of ["type", "file_size", "request_sassy_file_name"])
        assert.ok(
          Array.isArray(body[field]) && typeof body[field][0] === "string",
          `${field}: ${JSON.stringify(body)}`,
        );
      for (const file_size of [1.5, 1e300, "much"])
        await platform.refuses(
          dataset({ json: { type: "submission", request_sassy_file_name: "a.zip", file_size } }),
          400,
          "INVALID",
        );
    });

    it("with characters that no text can hold: INVALID", async () => {
      const named = (name: string) =>
        dataset({ json: { type: "submission", request_sassy_file_name: "a.zip", file_size: 1, name } });
      await platform.refuses(named("a\u0000b"), 400, "INVALID");
      const data = await submission(ada);
      const answers = { phase: phaseNamed("Open").id, data, fact_sheet_answers: { "a\u0000": "b\u0000" } };
      await platform.refuses(post(ada, "/api/submissions/", answers), 400, "INVALID");
      await platform.refuses(() => ada.send("GET", "/api/datasets/?search=%00"), 400, "INVALID");
    });

    it("of more than 6 MB: 413 BODY_TOO_LARGE, and what to do instead", async () => {
      const large = `{"type": "${"x".repeat(6 * 1024 * 1024)}"}`;
      await platform.refuses(dataset({ raw: large, type: "application/json" }), 413, "BODY_TOO_LARGE", /signed URL/);
    });

    it("a name that is taken: NAME_TAKEN, TAKEN", async () => {
      const named = { type: "input_data", request_sassy_file_name: "a.zip", file_size: 1, name: randomUUID() };
      await ada.client.request("POST", "/api/datasets/", named);
      const body = await platform.refuses(post(ada, "/api/datasets/", named), 400, "NAME_TAKEN", /already have/);
      assert.ok(Array.isArray(body["name"]));
      const twin = { username: ada.username, email: "other@example.org", password: "long enough" };
      await platform.refuses(() => platform.send("POST", "/api/signup/", { content: { json: twin } }), 400, "TAKEN");
      const upper = {
        username: "somebody-else",
        email: `${ada.username.toUpperCase()}@EXAMPLE.org`,
        password: "long enough",
      };
      await platform.refuses(() => platform.send("POST", "/api/signup/", { content: { json: upper } }), 400, "TAKEN");
    });
  });

  describe("uploads", () => {
    const uploadUrl = async () => {
      const dataset = { type: "submission", request_sassy_file_name: "a.zip", file_size: 3 };
      return ada.client.request<{ key: string; sassy_url: string }>("POST", "/api/datasets/", dataset);
    };
    const put = (url: string | URL) => send("PUT", String(url), { content: { raw: "abc" } });

    /** Puts to a URL that has to be refused by the object store, which speaks S3's language. */
    async function refusedPut(url: string | URL, code: RegExp): Promise<void> {
      const contents = await platform.contents();
      const { status, text } = await put(url);
      assert.equal(status, 403, text);
      assert.match(text, code);
      assert.deepEqual(await platform.contents(), contents);
    }

    it("to a URL that was forged for another file, another time or with another signature are refused", async () => {
      const { sassy_url } = await uploadUrl();
      const forged = (change: (url: URL) => void) => {
        const url = new URL(sassy_url);
        change(url);
        return url;
      };
      const wrong = /SignatureDoesNotMatch/;
      await refusedPut(
        forged((url) => (url.pathname = url.pathname.replace(/[^/]+$/, "other.zip"))),
        wrong,
      );
      await refusedPut(
        forged((url) => url.searchParams.set("X-Amz-Expires", "604800")),
        wrong,
      );
      await refusedPut(
        forged((url) => url.searchParams.set("X-Amz-Signature", "0".repeat(64))),
        wrong,
      );
      await refusedPut(
        forged((url) => (url.search = "")),
        /AccessDenied/,
      );
      const reading = await fetch(sassy_url);
      assert.equal(reading.status, 403);
      assert.equal((await put(sassy_url)).status, 200);
    });

    it("to a URL that has expired are refused", async () => {
      const { UPLOADS_BUCKET, AWS_REGION, AWS_ENDPOINT_URL_S3 } = platform.inside.environment;
      const client = new S3Client({
        region: AWS_REGION,
        endpoint: AWS_ENDPOINT_URL_S3!,
        forcePathStyle: true,
        requestChecksumCalculation: "WHEN_REQUIRED",
      });
      const command = new PutObjectCommand({ Bucket: UPLOADS_BUCKET, Key: `submission/${randomUUID()}/late.zip` });
      const signed = (signingDate: Date) => getSignedUrl(client, command, { expiresIn: 60, signingDate });
      await refusedPut(await signed(new Date(Date.now() - 120_000)), /AccessDenied.*expired/is);
      assert.equal((await put(await signed(new Date()))).status, 200);
    });
  });
});
