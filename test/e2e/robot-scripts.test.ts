import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../client/api-client.ts";
import { bundleFiles, phase, publishCompetition, register, upload, zip } from "../support/competitions.ts";
import { assertRefused, send } from "../support/http.ts";
import type { Content } from "../support/http.ts";
import { ended, startTestPlatform } from "../support/platform.ts";
import type { Person, TestPlatform } from "../support/platform.ts";

/**
 * What the scripts for robots that organizers hand around (codabench-robot) send and read, request by request. They run
 * here unchanged, so exact statuses and keys count.
 */
describe("the robot scripts of Codabench", () => {
  let platform: TestPlatform;
  let organizer: Person;
  let robot: Person;
  let competition: Competition;
  let archive: Buffer;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "sandbox", slots: 2 } });
    organizer = await platform.newPerson();
    robot = await platform.newPerson({ isBot: true });
    competition = await publishCompetition(
      organizer,
      bundleFiles({
        tasks: [1, 2, 3].map((index) => ({ index, name: `Task ${index}`, scoring_program: "scoring_program/" })),
        phases: [phase({ tasks: [1, 2, 3], max_submissions_per_day: 1 })],
      }),
    );
    const { db } = platform.inside;
    await db
      .updateTable("competitions")
      .set({ allow_robot_submissions: true })
      .where("id", "=", competition.id)
      .execute();
    archive = await zip({ "answer.txt": "0.75" });
  });
  afterAll(() => platform.close());

  const phaseId = () => competition.phases[0]!.id;
  const taskIds = () => competition.phases[0]!.tasks.map(({ id }) => id);

  /** example_submission.py; gives the id of the submission. */
  async function exampleSubmission(
    tasks: number[],
    encode: (fields: Record<string, string | number | (string | number)[]>) => Content,
    { slash = "/", contentType = "application/zip" as string | undefined, person = robot } = {},
  ): Promise<number> {
    const { username, password } = person;
    const login = await platform.send("POST", `/api/api-token-auth${slash}`, {
      content: encode({ username, password }),
    });
    assert.equal(login.status, 200, login.text);
    const authorization = `Token ${String(login.body["token"])}`;

    const can = await platform.send("GET", `/api/can_make_submission/${phaseId()}${slash}`, { authorization });
    assert.equal(can.status, 200);
    assert.deepEqual([can.body["can"], can.body["reason"]], [true, null]);

    const dataset = await platform.send<{ sassy_url: string; key: string }>("POST", `/api/datasets${slash}`, {
      authorization,
      content: encode({ type: "submission", request_sassy_file_name: "submission.zip", file_size: archive.length }),
    });
    assert.equal(dataset.status, 201, dataset.text);

    const raw = contentType === undefined ? { raw: archive } : { raw: archive, type: contentType };
    assert.equal((await send("PUT", dataset.body.sassy_url, { content: raw })).status, 200);

    const submission = await platform.send<{ id: number; data: string; phase: number }>(
      "POST",
      `/api/submissions${slash}`,
      {
        authorization,
        content: encode({ phase: phaseId(), data: dataset.body.key, ...(tasks.length > 0 ? { tasks } : {}) }),
      },
    );
    assert.equal(submission.status, 201, submission.text);
    assert.deepEqual([submission.body.data, submission.body.phase], [dataset.body.key, phaseId()]);
    return submission.body.id;
  }

  it("get_competition_details.py finds competitions, phases and tasks without logging in", async () => {
    const list = await platform.send<{ id: number; created_by: string; title: string }[]>("GET", "/api/competitions/");
    assert.equal(list.status, 200);
    assert.ok(Array.isArray(list.body));
    const found = list.body.find(({ id }) => id === competition.id);
    assert.deepEqual([typeof found?.created_by, found?.title], ["string", competition.title]);

    const one = await platform.send<Competition>("GET", `/api/competitions/${competition.id}`);
    assert.equal(one.status, 200);
    assert.deepEqual(
      one.body.phases.map(({ id, name, tasks }) => ({
        id,
        name,
        tasks: tasks.map((task) => ({ id: task.id, name: task.name })),
      })),
      [{ id: phaseId(), name: "Only phase", tasks: taskIds().map((id, index) => ({ id, name: `Task ${index + 1}` })) }],
    );
  });

  const encodings: Record<string, (fields: Record<string, string | number | (string | number)[]>) => Content> = {
    form: (form) => ({ form }),
    multipart: (multipart) => ({ multipart }),
    JSON: (json) => ({ json }),
  };
  for (const [name, encode] of Object.entries(encodings))
    it(`example_submission.py submits to the tasks it names, as ${name}, without limits or registration`, async () => {
      const tasks = taskIds().slice(0, 2);
      const id = await exampleSubmission(tasks, encode, name === "JSON" ? { slash: "" } : {});
      assert.equal((await ended(robot, id)).status, "Finished");
      const { children } = await robot.client.submission(id);
      const ran = await Promise.all(
        children.map((child) =>
          robot.client.request<{ task: { id: number }; scores: { score: string }[] }>(
            "GET",
            `/api/submissions/${child}/`,
          ),
        ),
      );
      assert.deepEqual(ran.map(({ task }) => task.id).sort(), [...tasks].sort());
      for (const { scores } of ran)
        assert.deepEqual(
          scores.map(({ score }) => score),
          ["0.7500000000"],
        );
    });

  it("example_submission.py submits to every task when it names none, and to one without a parent", async () => {
    const all = await exampleSubmission([], encodings["form"]!);
    assert.equal((await robot.client.submission(all)).children.length, 3);
    const one = await exampleSubmission([taskIds()[1]!], encodings["form"]!, { contentType: undefined });
    assert.deepEqual((await robot.client.submission(one)).children, []);
    for (const id of [all, one]) assert.equal((await ended(robot, id)).status, "Finished");
  });

  it("example_submission.py submits for an approved participant as well, who has limits and hears of them", async () => {
    const person = await platform.newPerson();
    await register(competition, person);
    const id = await exampleSubmission([taskIds()[0]!], encodings["form"]!, { person });
    const can = await person.send("GET", `/api/can_make_submission/${phaseId()}/`);
    assert.deepEqual([can.status, can.body["can"], typeof can.body["reason"]], [200, false, "string"]);
    const data = await upload(person, "submission", archive);
    const refused = await person.send("POST", "/api/submissions/", { form: { phase: phaseId(), data } });
    assertRefused(refused, 403, "DAILY_LIMIT");
    const rerun = await person.send("POST", `/api/submissions/${id}/re_run_submission/`);
    assertRefused(rerun, 403, "NOT_ALLOWED");
    assert.equal((await ended(person, id)).status, "Finished");
  });

  it("a client that logs in with the form, as a browser does, ends on a page and downloads with its session", async () => {
    const login = `${platform.url}/accounts/login/`;
    const form = await fetch(login);
    const csrf = /csrftoken=([^;]+)/.exec(form.headers.get("set-cookie") ?? "")![1]!;
    const { username, password } = organizer;
    const answer = await fetch(login, {
      method: "POST",
      redirect: "manual",
      headers: { referer: login, cookie: `csrftoken=${csrf}` },
      body: new URLSearchParams({ username, password, csrfmiddlewaretoken: csrf }),
    });
    const session = /sessionid=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")![1]!;
    const headers = { cookie: `sessionid=${session}` };
    const landed = await fetch(new URL(answer.headers.get("location")!, login), { headers });
    assert.equal(landed.status, 200);
    assert.doesNotMatch(landed.url, /accounts\/login/);
    const { phases } = await organizer.client.request<{
      phases: { tasks: { public_datasets: { key: string }[] }[] }[];
    }>("GET", `/api/competitions/${competition.id}/`);
    const { key } = phases[0]!.tasks[0]!.public_datasets[0]!;
    const file = await fetch(`${platform.url}/datasets/download/${key}/`, { headers });
    assert.equal(file.status, 200);
    assert.equal(
      Buffer.from(await file.arrayBuffer())
        .subarray(0, 2)
        .toString(),
      "PK",
    );
  });

  it("an older example_submission.py without the size of its file gets as far (A-60)", async () => {
    const content: Content = { form: { type: "submission", request_sassy_file_name: "submission.zip" } };
    const { status, body } = await robot.send<{ key: string; sassy_url: string }>("POST", "/api/datasets/", content);
    assert.equal(status, 201);
    assert.equal((await send("PUT", body.sassy_url, { content: { raw: archive } })).status, 200);
    const submission = await robot.send("POST", "/api/submissions/", { form: { phase: phaseId(), data: body.key } });
    assert.equal(submission.status, 201, submission.text);
    await ended(robot, submission.body["id"] as number);
  });

  it("get_submission_details.py lists a phase's submissions and downloads what one left", async () => {
    const id = await exampleSubmission([taskIds()[0]!], encodings["form"]!);
    assert.equal((await ended(robot, id)).status, "Finished");
    const list = await robot.send<{ id: number; owner: string; created_when: string }[]>(
      "GET",
      `/api/submissions/?phase=${phaseId()}`,
    );
    assert.equal(list.status, 200);
    const listed = list.body.find((submission) => submission.id === id);
    assert.equal(listed?.owner, robot.username);
    assert.ok(!Number.isNaN(Date.parse(listed.created_when)));

    assert.equal((await robot.send("GET", `/api/submissions/${id}/`)).status, 200);
    const details = await robot.send<{ data_file: string; logs: { name: string; data_file: string }[] }>(
      "GET",
      `/api/submissions/${id}/get_details/`,
    );
    assert.equal(details.status, 200);
    const file = await fetch(details.body.data_file);
    assert.ok(Buffer.from(await file.arrayBuffer()).equals(archive));
    const log = details.body.logs.find(({ name }) => name === "scoring_stdout");
    assert.equal(await (await fetch(log!.data_file)).text(), "the answer is 0.75\n");
  });

  it("rerun_submission.py runs a submission again on a task it names by key", async () => {
    const id = await exampleSubmission([taskIds()[0]!], encodings["form"]!);
    assert.equal((await ended(robot, id)).status, "Finished");
    const listed = await robot.client.request<{ id: number; owner: string; task: { id: number } | null }[]>(
      "GET",
      "/api/submissions/",
    );
    assert.equal(listed.find((submission) => submission.id === id)?.task?.id, taskIds()[0]);
    const parent = await exampleSubmission([], encodings["form"]!);
    const again = await robot.client.request<{ id: number; task: unknown }[]>("GET", "/api/submissions/");
    assert.equal(again.find((submission) => submission.id === parent)!.task, null);

    // A robot may use the tasks that are public, or shared with it.
    const [, , third] = competition.phases[0]!.tasks;
    await organizer.client.request("PATCH", `/api/tasks/${third!.id}/`, { is_public: true });
    const tasks = await robot.send<{ results: { key: string; name: string }[] }>("GET", "/api/tasks/?public=true");
    assert.equal(tasks.status, 200);
    const key = tasks.body.results.find(({ name }) => name === third!.name)?.key;
    const rerun = await robot.send("POST", `/api/submissions/${id}/re_run_submission/?task_key=${key}`);
    assert.ok([200, 201].includes(rerun.status), rerun.text);
    const { task } = await robot.client.request<{ task: { key: string } }>(
      "GET",
      `/api/submissions/${String(rerun.body["id"])}/`,
    );
    assert.equal(task.key, key);
    assert.equal((await ended(robot, rerun.body["id"] as number)).status, "Finished");
  });
});
