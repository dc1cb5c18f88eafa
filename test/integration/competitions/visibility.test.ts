import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles } from "../../support/competitions.ts";
import { answered, bundle, openCast, paths } from "../support/cast.ts";
import { expect } from "../support/lab.ts";

/** One table per kind of competition: `+` means answered, `-` means refused. */
describe("visibility", () => {
  let all: Awaited<ReturnType<typeof openCast>>;
  beforeAll(async () => {
    all = await openCast();
  });
  afterAll(() => all.lab.close());

  it("in a published competition, with the submission on the leaderboard (A-27, A-39, A-40, A-41, A-51, A-61)", async () => {
    const seen = await all.world(bundle("Force_Last"));
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      competition        +         +        +         +      +     +     +         +            +     +         +
      its secret key     -         -        -         -      -     -     +         +            -     +         -
      its leaderboard    +         +        +         +      +     +     +         +            +     +         +
      get_leaderboard    +         +        +         +      +     +     +         +            +     +         +
      leaderboards/ID    +         +        +         +      +     +     +         +            +     +         +
      starting kit       -         -        -         -      +     +     +         +            -     +         -
      public data        -         -        -         -      +     +     +         +            -     +         -
      solution           -         -        -         -      +     +     +         +            -     +         -
      scoring program    -         -        -         -      -     -     +         +            -     +         -
      ingestion program  -         -        -         -      -     -     +         +            -     +         -
      input data         -         -        -         -      -     -     +         +            -     +         -
      reference data     -         -        -         -      -     -     +         +            -     +         -
      bundle             -         -        -         -      -     -     +         +            -     +         -
      submitted file     -         -        -         -      -     +     +         +            -     +         -
      submission         +         +        +         +      +     +     +         +            +     +         +
      in the list        +         -        -         -      -     +     +         +            -     +         -
      its hidden score   -         -        -         -      -     -     +         +            -     +         -
      get_details        -         -        -         -      -     +     +         +            -     +         -
      logs in them       -         -        -         -      -     +     +         +            -     +         -
      prediction result  -         -        -         -      -     +     +         +            -     +         -
      scoring result     -         -        -         -      -     +     +         +            -     +         -
      log being read     -         -        -         -      -     +     +         +            -     +         -
      detailed result    +         +        +         +      +     +     +         +            +     +         +
      results.json       -         -        -         -      -     -     +         +            -     +         -
      get_files          -         -        -         -      -     -     +         +            -     +         -
      participants       -         -        -         -      -     -     +         +            -     +         -
      phases/ID          -         -        -         -      -     -     +         +            -     +         -
      tasks/ID           -         -        -         -      -     -     +         -            -     +         -
    `,
    );
  });

  it("in a competition with available programs and input data that allows robots, the submission not on the leaderboard (A-43, A-61)", async () => {
    const seen = await all.world(bundle("Add", { make_programs_available: true, make_input_data_available: true }), {
      allow_robot_submissions: true,
    });
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      starting kit       -         -        -         -      +     +     +         +            -     +         -
      scoring program    -         -        -         -      +     +     +         +            -     +         -
      ingestion program  -         -        -         -      +     +     +         +            -     +         -
      input data         -         -        -         -      +     +     +         +            -     +         -
      reference data     -         -        -         -      -     -     +         +            -     +         -
      submitted file     -         -        -         -      -     +     +         +            -     +         -
      submission         -         -        -         -      -     +     +         +            -     +         +
      in the list        -         -        -         -      -     +     +         +            -     +         +
      its hidden score   -         -        -         -      -     -     +         +            -     +         -
      get_details        -         -        -         -      -     +     +         +            -     +         +
      logs in them       -         -        -         -      -     +     +         +            -     +         +
      prediction result  -         -        -         -      -     +     +         +            -     +         +
      scoring result     -         -        -         -      -     +     +         +            -     +         +
      log being read     -         -        -         -      -     +     +         +            -     +         +
      detailed result    +         +        +         +      +     +     +         +            +     +         +
    `,
    );
  });

  it("in a private competition, whose applicants see that they asked (A-41, A-50, A-137)", async () => {
    const seen = await all.world(bundle("Force_Last"));
    await expect(200, all.lab.organizer, "POST", `/api/competitions/${seen.id}/toggle_publish/`);
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      competition        -         -        +         +      +     +     +         +            -     +         -
      its secret key     -         -        -         -      -     -     +         +            -     +         -
      its leaderboard    -         -        -         -      +     +     +         +            -     +         -
      get_leaderboard    -         -        -         -      +     +     +         +            -     +         -
      leaderboards/ID    -         -        -         -      +     +     +         +            -     +         -
      starting kit       -         -        -         -      +     +     +         +            -     +         -
      solution           -         -        -         -      +     +     +         +            -     +         -
      scoring program    -         -        -         -      -     -     +         +            -     +         -
      reference data     -         -        -         -      -     -     +         +            -     +         -
      submitted file     -         -        -         -      -     +     +         +            -     +         -
      submission         -         -        -         -      +     +     +         +            -     +         -
      in the list        -         -        -         -      -     +     +         +            -     +         -
      get_details        -         -        -         -      -     +     +         +            -     +         -
      detailed result    -         -        -         -      +     +     +         +            -     +         -
      results.json       -         -        -         -      -     -     +         +            -     +         -
    `,
    );
  });

  it("in a competition with hidden output and a hidden leaderboard that allows robots (A-40, A-42, A-50)", async () => {
    const seen = await all.world(bundle("Force_Last", {}, { hide_output: true }, { hidden: true }), {
      allow_robot_submissions: true,
    });
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      competition        +         +        +         +      +     +     +         +            +     +         +
      its leaderboard    -         -        -         -      -     -     +         +            -     +         -
      get_leaderboard    -         -        -         -      -     -     +         +            -     +         -
      leaderboards/ID    -         -        -         -      -     -     +         +            -     +         -
      submitted file     -         -        -         -      -     +     +         +            -     +         -
      submission         -         -        -         -      -     +     +         +            -     +         +
      in the list        -         -        -         -      -     +     +         +            -     +         +
      its hidden score   -         -        -         -      -     -     +         +            -     +         -
      get_details        -         -        -         -      -     -     +         +            -     +         +
      logs in them       -         -        -         -      -     -     +         +            -     +         +
      prediction result  -         -        -         -      -     -     +         +            -     +         +
      scoring result     -         -        -         -      -     -     +         +            -     +         +
      log being read     -         -        -         -      -     -     +         +            -     +         +
      detailed result    -         -        -         -      -     -     +         +            -     +         -
    `,
    );
  });

  it("in a competition that hides the outputs of both steps (A-40)", async () => {
    const seen = await all.world(bundle("Force_Last", {}, { hide_prediction_output: true, hide_score_output: true }));
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      get_details        -         -        -         -      -     +     +         +            -     +         -
      logs in them       -         -        -         -      -     +     +         +            -     +         -
      prediction result  -         -        -         -      -     -     +         +            -     +         -
      scoring result     -         -        -         -      -     -     +         +            -     +         -
      log being read     -         -        -         -      -     +     +         +            -     +         -
      detailed result    +         +        +         +      +     +     +         +            +     +         +
    `,
    );
  });

  it("in a competition whose submission was made public (A-40)", async () => {
    const seen = await all.world(bundle("Add"));
    await expect(200, all.cast.owner, "GET", `/api/submissions/${seen.submission}/toggle_public/`);
    await all.check(
      seen,
      `
                         anonymous stranger applicant denied other owner organizer collaborator rival superuser robot
      submitted file     +         +        +         +      +     +     +         +            +     +         +
      submission         +         +        +         +      +     +     +         +            +     +         +
      in the list        -         -        -         -      -     +     +         +            -     +         -
      its hidden score   -         -        -         -      -     -     +         +            -     +         -
      get_details        -         -        -         -      -     +     +         +            -     +         -
      prediction result  -         -        -         -      -     +     +         +            -     +         -
      log being read     -         -        -         -      -     +     +         +            -     +         -
    `,
    );
  });

  it("in a public task: its files are visible only to organizers of competitions that use it (A-61)", async () => {
    const seen = await all.world(bundle("Force_Last"));
    const path = `/api/tasks/${seen.task}/`;
    await expect(200, all.lab.organizer, "PATCH", path, { json: { is_public: true } });
    const { key, solutions } = await expect<{ key: string; solutions: object[] }>(200, all.lab.organizer, "GET", path);
    assert.deepEqual(
      solutions.map((solution) => Object.keys(solution)),
      [["name", "description", "key", "tasks", "data", "md5", "size"]],
    );
    const download = async (name: "rival" | "stranger") =>
      answered(await all.sender(name).send("GET", `/datasets/download/${seen.datasets["reference_data"]!.key}/`));
    assert.equal(await download("rival"), false);
    await all.lab.newCompetition(all.cast.rival, bundleFiles({ tasks: [{ index: 0, key }] }));
    assert.deepEqual([await download("rival"), await download("stranger")], [true, false]);
  });

  it("in a private competition with its secret key: the competition and leaderboard, but nothing for participants only (A-9, A-50)", async () => {
    const seen = await all.world(bundle("Force_Last"));
    await expect(200, all.lab.organizer, "POST", `/api/competitions/${seen.id}/toggle_publish/`);
    const open = [paths.competition(seen), paths.board(seen), paths.entries(seen)];
    for (const name of ["anonymous", "stranger", "denied", "rival"] as const)
      for (const [key, isGood] of [
        [seen.secretKey, true],
        [randomUUID(), false],
        ["undefined", false],
        ["", false],
      ] as const) {
        for (const path of open)
          assert.equal(
            answered(await all.sender(name).send("GET", `${path}?secret_key=${key}`)),
            // Who was denied sees that.
            isGood || (name === "denied" && path === paths.competition(seen)),
            `${name} ${path} ${key}`,
          );
        const list = await all.sender(name).send<{ id: number }[]>("GET", `/api/competitions/?secret_key=${key}`);
        assert.equal(
          list.body.some(({ id }) => id === seen.id),
          isGood,
        );
      }
    const shown = await all
      .sender("stranger")
      .send<{ secret_key?: string; whitelist_emails?: string[] }>(
        "GET",
        `${paths.competition(seen)}?secret_key=${seen.secretKey}`,
      );
    assert.deepEqual([shown.body.secret_key, shown.body.whitelist_emails], [undefined, undefined]);
    for (const path of [
      paths.submission(seen),
      paths.details(seen),
      paths.detailedResult(seen),
      `/datasets/download/${seen.datasets["starting_kit"]!.key}/`,
    ])
      assert.equal(
        answered(await all.sender("stranger").send("GET", `${path}?secret_key=${seen.secretKey}`)),
        false,
        path,
      );
    const register = (secret_key: string | undefined) =>
      all.cast.stranger.send("POST", `${paths.competition(seen)}register/`, { json: { secret_key } });
    assert.deepEqual(
      [
        (await register(undefined)).status,
        (await register(randomUUID())).status,
        (await register(seen.secretKey)).status,
      ],
      [404, 404, 201],
    );
  });
});
