import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { inDays, phase, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, listedTo, openLab, phaseOf, shownTo, type Lab } from "../support/lab.ts";
import { join, makeOrganization } from "../accounts/organization-lab.ts";

interface Row {
  id: number;
  owner: string;
  display_name?: string;
  slug_url: string;
  avatar?: string | null;
  organization: { name: string } | null;
}

/** An anonymous visitor or a person. */
type Reader = { send: Person["send"] };

describe("an anonymous leaderboard (A-105)", () => {
  let lab: Lab;
  let [alice, bob, mate, eve, robot]: Person[] = [];
  let competition: Competition;
  let board: number;
  let nobody: Reader;
  /** Submissions of alice, alone; of bob, for an organization with mate; and a public one of alice. */
  let hers: number, theirs: number, shown: number;
  beforeAll(async () => {
    lab = await openLab();
    [alice, bob, mate, eve] = await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson(), lab.newPerson()]);
    robot = await lab.newPerson({ isBot: true });
    nobody = { send: (method, path, content) => lab.send(method, path, content ? { content } : {}) };
    const organization = await makeOrganization(bob!, "Seedlings");
    await join(organization, bob!, mate!, "PARTICIPANT");
    const phases = [phase({ end: inDays(1) }), phase({ index: 1, name: "Next", start: inDays(2) })];
    const settings = {
      phases,
      anonymous_leaderboard: true,
      enable_detailed_results: true,
      ...boardWithRule("Force_Latest_Multiple"),
    };
    competition = await lab.competition(settings, alice!, bob!, mate!);
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
      json: { teams_share_limits: true, allow_robot_submissions: true },
    });
    ({ id: board } = (
      await expect<{ leaderboards: { id: number }[] }>(200, alice!, "GET", `/api/competitions/${competition.id}/`)
    ).leaderboards[0]!);
    hers = await submitted(alice!, 0.9);
    theirs = await submitted(bob!, 0.8, organization.id);
    shown = await submitted(alice!, 0.7);
    await expect(200, alice!, "GET", `/api/submissions/${shown}/toggle_public/`);
  });
  afterAll(() => lab.close());

  /** Submits a file named after its owner. */
  async function submitted(person: Person, accuracy: number, organization: number | null = null): Promise<number> {
    const data = await upload(person, "submission", Buffer.from("a submission"), `by-${person.username}.zip`);
    const { id } = await expect<{ id: number }>(201, person, "POST", "/api/submissions/", {
      json: { phase: phaseOf(competition), data, organization },
    });
    await lab.runAll({ scores: { accuracy }, details: "<h1>Fine</h1>" });
    return id;
  }
  const rows = async (who: Reader, path = `phases/${phaseOf(competition)}/get_leaderboard`) =>
    (await expect<{ submissions: Row[] }>(200, who, "GET", `/api/${path}/`)).submissions;
  const entries = (who: Reader) => rows(who, `leaderboards/${board}`);

  it("says which rows are one's own, with their rank, on each page and whatever is searched (A-206)", async () => {
    interface Page {
      count: number;
      next: string | null;
      mine: { id: number; rank: number }[];
      submissions: (Row & { rank: number; mine: boolean; username: string | null; scores: { raw_score: string }[] })[];
    }
    const page = (who: Reader, query = "") =>
      expect<Page>(200, who, "GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/?${query}`);
    const all = await page(alice!);
    assert.deepEqual(all.mine, [
      { id: hers, rank: 1 },
      { id: shown, rank: 3 },
    ]);
    assert.deepEqual(
      all.submissions.map(({ rank, mine, username }) => [rank, mine, username]),
      [
        [1, true, alice!.username],
        [2, false, null],
        [3, true, alice!.username],
      ],
    );
    assert.equal(all.submissions[0]!.scores[0]!.raw_score, "0.9000000000");
    assert.deepEqual((await page(bob!, "page_size=1")).mine, [{ id: theirs, rank: 2 }]);
    const around = await page(bob!, "around=me&page_size=1");
    assert.deepEqual([around.submissions.map(({ id }) => id), around.count], [[theirs], 3]);
    const second = await page(eve!, "page_size=2&page=2");
    assert.deepEqual([second.submissions.map(({ rank }) => rank), second.mine, second.next], [[3], [], null]);
    assert.match((await page(eve!, "page_size=2")).next!, /page=2/);
    assert.deepEqual(
      [
        (await page(eve!, `search=${bob!.username}`)).count,
        (await page(lab.organizer, `search=${bob!.username.toUpperCase()}`)).count,
      ],
      [0, 1],
    );
    assert.equal((await page(eve!, "search=seedlings")).count, 0);
    const table = (await eve!.send("GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/?format=csv`)).text;
    assert.match(
      table,
      /^Rank,Participant,Organization,Submission ID,Submitted When,Accuracy\r\n1,Participant [0-9a-f]{8},,/,
    );
    assert.doesNotMatch(table, new RegExp([alice!, bob!].map(({ username }) => username).join("|")));
  });

  it("has a history of scores without names (A-207)", async () => {
    interface History {
      count: number;
      column: { key: string } | null;
      points: { submission: number; score: string; mine: boolean; is_record: boolean }[];
    }
    const history = (who: Reader, query = "") =>
      expect<History>(200, who, "GET", `/api/phases/${phaseOf(competition)}/score_history/?${query}`);
    const seen = await history(alice!);
    assert.deepEqual(
      seen.points.map(({ submission, score, mine, is_record }) => [submission, score, mine, is_record]),
      [
        [hers, "0.9000000000", true, true],
        [theirs, "0.8000000000", false, false],
        [shown, "0.7000000000", true, false],
      ],
    );
    assert.deepEqual([seen.count, seen.column!.key], [3, "accuracy"]);
    assert.deepEqual(
      (await history(nobody)).points.map(({ mine }) => mine),
      [false, false, false],
    );
    const some = await history(alice!, "points=2");
    assert.deepEqual([some.count, some.points.map(({ submission }) => submission)], [3, [hers, shown]]);
    // What somebody took off the leaderboard, only they and the organizers see.
    await expect(200, lab.organizer, "DELETE", `/api/submissions/${hers}/submission_leaderboard_connection/`);
    const counts = await Promise.all([alice!, nobody, lab.organizer].map(async (who) => (await history(who)).count));
    assert.deepEqual(counts, [3, 2, 3]);
    await expect(200, lab.organizer, "POST", `/api/submissions/${hers}/submission_leaderboard_connection/`);
  });

  it("hides the owners of submissions from everybody except organizers, in every answer", async () => {
    const places = [
      `phases/${phaseOf(competition)}/get_leaderboard/`,
      `leaderboards/${board}/`,
      `competitions/${competition.id}/`,
      ...[hers, theirs, shown].flatMap((id) =>
        ["", "get_details/", "get_detail_result/"].map((part) => `submissions/${id}/${part}`),
      ),
      ...["json", "csv"].map((format) => `submissions/?phase=${phaseOf(competition)}&format=${format}`),
      ...["json", "csv", "zip"].map(
        (format) => `competitions/${competition.id}/results/?phase=${phaseOf(competition)}&format=${format}`,
      ),
    ];
    const names = [alice!.username, bob!.username, "Seedlings"];
    /** The names that a reader finds in the answers. */
    const read = async (who: Reader, skipped = /$^/) => {
      const found = new Set<string>();
      for (const path of places.filter((one) => !skipped.test(one))) {
        const { text } = await who.send("GET", `/api/${path}`);
        for (const name of names) if (text.includes(name)) found.add(name);
      }
      return [...found].sort();
    };
    assert.deepEqual(await read(nobody), []);
    assert.deepEqual(await read(eve!), []);
    // The link to a file contains its name, and robots may read files here.
    assert.deepEqual(await read(robot!, /get_details/), []);
    assert.deepEqual(await read(alice!), [alice!.username]);
    assert.deepEqual(await read(bob!), ["Seedlings", bob!.username].sort());
    assert.deepEqual(await read(lab.organizer), names.toSorted());
    assert.deepEqual(await read(lab.admin), names.toSorted());
  });

  it("shows the photos of nobody but oneself (A-194)", async () => {
    await lab.inside.db.updateTable("users").set({ photo_key: "photo/old/me.png" }).execute();
    const avatars = async (person: Reader) => (await rows(person)).map(({ avatar }) => avatar !== null);
    assert.deepEqual(await avatars(nobody), [false, false, false]);
    assert.deepEqual(await avatars(alice!), [true, false, true]);
    await lab.inside.db.updateTable("users").set({ photo_key: null }).execute();
  });

  it("shows one pseudonym per participant in all rows, and viewers their own name", async () => {
    const [first, second, third] = await rows(nobody);
    assert.deepEqual([first!.id, second!.id, third!.id], [hers, theirs, shown]);
    for (const row of [first!, second!, third!]) {
      assert.match(row.owner, /^Participant [0-9a-f]{8}$/);
      assert.deepEqual([row.slug_url, row.organization], ["", null]);
    }
    assert.equal(first!.owner, third!.owner);
    assert.notEqual(first!.owner, second!.owner);
    assert.deepEqual(
      (await entries(eve!)).map(({ owner, display_name }) => [owner, display_name]),
      [first, second, third].map((row) => [row!.owner, row!.owner]),
    );
    for (const row of [first!, second!, third!]) assert.equal((await shownTo(eve!, row.id)).owner, row.owner);

    assert.deepEqual(
      (await rows(alice!)).map(({ owner, slug_url }) => [owner, slug_url]),
      [
        [alice!.username, `/profiles/user/${alice!.username}/`],
        [second!.owner, ""],
        [alice!.username, `/profiles/user/${alice!.username}/`],
      ],
    );
    // Members of a team recognize its row.
    const own = (await rows(bob!))[1]!;
    assert.deepEqual([own.owner, own.organization?.name], [bob!.username, "Seedlings"]);
    await submitted(
      mate!,
      0.1,
      (await expect<{ id: number; name: string }[]>(200, mate!, "GET", "/api/organizations/")).find(
        ({ name }) => name === "Seedlings",
      )!.id,
    );
    assert.equal((await rows(mate!))[1]!.owner, bob!.username);
    assert.equal(
      (await rows(eve!)).at(-1)!.owner,
      second!.owner,
      "what is submitted for an organization has one name, whoever submits it",
    );
  });

  it("also hides file names, organizations and checksums of other people's submissions", async () => {
    const other = (await shownTo(eve!, hers)) as unknown as Record<string, unknown>;
    const kept = ["name", "filename", "description", "md5", "organization"].map((field) => other[field]);
    assert.deepEqual(kept, [null, "submission", "", null, null]);
    const own = (await shownTo(alice!, hers)) as unknown as Record<string, unknown>;
    assert.deepEqual(
      [own["owner"], own["filename"], own["md5"]],
      [alice!.username, `by-${alice!.username}.zip`, "d41d8cd98f00b204e9800998ecf8427e"],
    );
  });

  it("can be searched by people and file names only by organizers, and by others within their own submissions", async () => {
    const found = async (who: Person | null, search: string) => {
      const query = `phase=${phaseOf(competition)}&search=${search}`;
      const list = who
        ? await listedTo(who, query)
        : (await lab.send<{ id: number }[]>("GET", `/api/submissions/?${query}`)).body;
      return list.map(({ id }) => id).sort();
    };
    for (const who of [null, robot!]) {
      assert.deepEqual(await found(who, alice!.username), []);
      assert.deepEqual(await found(who, "zip"), []);
    }
    for (const who of [alice!, lab.organizer, lab.admin])
      assert.deepEqual(await found(who, alice!.username), [hers, shown].sort());
  });

  it("is enabled and disabled by organizers; the audit trail shows it, but not the key", async () => {
    const path = `/api/competitions/${competition.id}/`;
    assertRefused(await alice!.send("PATCH", path, { json: { anonymous_leaderboard: false } }), 403, "NOT_ALLOWED");
    const before = (await rows(nobody)).map(({ owner }) => owner);
    await expect(200, lab.organizer, "PATCH", path, { json: { anonymous_leaderboard: false } });
    assert.deepEqual(
      (await rows(nobody)).slice(0, 2).map(({ owner, slug_url }) => [owner, slug_url]),
      [alice!, bob!].map(({ username }) => [username, `/profiles/user/${username}/`]),
    );
    await expect(200, lab.organizer, "PATCH", path, { json: { anonymous_leaderboard: true } });
    assert.deepEqual(
      (await rows(nobody)).map(({ owner }) => owner),
      before,
    );

    const { pseudonym_key: key } = await lab.inside.db
      .selectFrom("competitions")
      .select("pseudonym_key")
      .where("id", "=", competition.id)
      .executeTakeFirstOrThrow();
    const trail = await lab.organizer.send<{ results: { before: object; after: object }[] }>(
      "GET",
      `${path}audit/?kind=competition.changed`,
    );
    assert.deepEqual(
      trail.body.results.slice(0, 2).map(({ before: was, after: is }) => [was, is]),
      [
        [{ anonymous_leaderboard: false }, { anonymous_leaderboard: true }],
        [{ anonymous_leaderboard: true }, { anonymous_leaderboard: false }],
      ],
    );
    assert.ok(!trail.text.includes(key) && !(await lab.organizer.send("GET", path)).text.includes(key));
  });
});
