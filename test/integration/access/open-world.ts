import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { newLoginKey, sealingKeyOf } from "../../../contract/registry-login.ts";
import { takeSnapshot } from "../../../lambdas/competitions/db/storage-snapshots.ts";
import { askDeletion } from "../../../lambdas/accounts/db/account-deletions.ts";
import { insertHandOver } from "../../../lambdas/accounts/db/hand-overs.ts";
import { insertMailedToken } from "../../../lambdas/accounts/db/mailed-tokens.ts";
import { insertApiToken } from "../../../lambdas/accounts/db/tokens.ts";
import { loginByToken } from "../../../lambdas/accounts/service/authenticate.ts";
import { findMailKey } from "../../../lambdas/accounts/db/mail-wishes.ts";
import { unsubscribeToken } from "../../../lambdas/accounts/rules/mail-kinds.ts";
import { insertPost, insertReport } from "../../../lambdas/forum/db/posts.ts";
import { insertThread } from "../../../lambdas/forum/db/threads.ts";
import { setSealingKey } from "../../../lambdas/jobs/db/registry-logins.ts";
import { insertRequest } from "../../../lambdas/jobs/db/capacity-requests.ts";
import { profileOfRequest } from "../../../lambdas/jobs/rules/capacity-request.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import {
  bundleFiles,
  inDays,
  phase,
  python,
  register,
  scoreOfAnswer,
  submit,
  upload,
  zip,
} from "../../support/competitions.ts";
import { send, type Content } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLab } from "../support/lab.ts";
import { idOf, makeOrganization } from "../accounts/organization-lab.ts";
import { makeWorksheets } from "./worksheet-world.ts";
import type { Dataset, OpenWorld, PersonName, World } from "./world.ts";

const provider = "elsewhere";

interface Detail {
  leaderboards: { id: number }[];
  phases: { starting_kit: Dataset; tasks: { public_datasets: (Dataset & { type: string })[] }[] }[];
}

const yaml = {
  title: `Competition ${randomUUID()}`,
  enable_detailed_results: true,
  can_participants_make_submissions_public: true,
  tasks: [{ index: 0, name: "Task", scoring_program: "scoring_program/", reference_data: "reference/" }],
  phases: [
    phase({ name: "First", end: inDays(1), max_submissions: 100, starting_kit: "kit/" }),
    phase({ name: "Second", index: 1, start: inDays(2) }),
  ],
  ...boardWithRule("Add_And_Delete"),
};

export async function openWorld(): Promise<OpenWorld> {
  const server = "http://127.0.0.1:1/";
  const lab = await openLab({
    atLocalhost: true,
    signIn: {
      identityProviders: {
        [provider]: {
          kind: "oauth2",
          label: "Log in elsewhere",
          clientId: "benchstack",
          authorizationEndpoint: server,
          tokenEndpoint: server,
          userEndpoint: server,
          emailsEndpoint: null,
          createsAccounts: null,
          groupsClaim: "groups",
          organizations: {},
        },
      },
    },
    identitySecrets: { [provider]: "secret" },
  });
  const { db } = lab.inside;
  const { organizer, admin: superuser } = lab;
  const [participant, other, otherOrganizer, collaborator, applicant] = (await Promise.all(
    Array.from({ length: 5 }, () => lab.newPerson()),
  )) as [Person, Person, Person, Person, Person];
  const bot = await lab.newPerson({ isBot: true });
  const people: World["people"] = {
    participant,
    organizer,
    collaborator,
    bot,
    superuser,
    "other participant": other,
    "other organizer": otherOrganizer,
  };
  const forEach = async <Value>(make: (person: Person) => Promise<Value>) =>
    Object.fromEntries(
      await Promise.all(Object.entries(people).map(async ([name, person]) => [name, await make(person)])),
    ) as Record<PersonName, Value>;
  const ids = await forEach((person) => idOf(lab, person));

  // What the sweeper would do at some moment: a report of the object store, and how much is stored this week.
  await db
    .insertInto("store_inspections")
    .values({ finished_when: new Date() })
    .onConflict((one) => one.doNothing())
    .execute();
  await takeSnapshot(db);

  // Of the organizer's own.
  const open = { is_public: true };
  const json = (value: object) => ({ json: value });
  const make = <Made>(path: string, body: object, person = organizer) =>
    expect<Made>(201, person, "POST", path, json(body));
  const program = await zip(python(scoreOfAnswer));
  const rowOf = (key: string) =>
    db.selectFrom("datasets").select(["id", "key"]).where("key", "=", key).executeTakeFirstOrThrow();
  const opened = async (key: string) => expect<Dataset>(200, organizer, "PATCH", `/api/datasets/${key}/`, json(open));
  const dataset = await rowOf(await upload(organizer, "input_data", program));
  const openDataset = await opened(await upload(organizer, "public_data", program));
  const openProgram = (await opened(await upload(organizer, "scoring_program", program))).key;
  const openTask = await make<{ key: string }>("/api/tasks/", { name: "Open", scoring_program: openProgram, ...open });
  const shared = [ids.collaborator];
  const task = await make<{ id: number }>("/api/tasks/", {
    name: "Shared",
    scoring_program: openProgram,
    shared_with: shared,
  });
  const queue = await make<{ id: string; name: string }>("/api/queues/", {
    name: `Queue ${randomUUID()}`,
    organizers: shared,
  });
  const idleQueue = await make<{ id: string; name: string }>("/api/queues/", {
    name: "Idle",
    organizers: shared,
    prediction_profile: "standard",
    scoring_profile: "standard",
  });
  // As a deployment does whose workers import images.
  await setSealingKey(db, sealingKeyOf(newLoginKey()));
  const registry = "registry.example.org";
  const registryPath = `/api/queues/${idleQueue.id}/registries/${registry}/`;
  await expect(204, organizer, "PUT", registryPath, json({ username: "robot", password: "secret" }));
  const unsent = async () =>
    (
      await make<{ key: string }>("/api/datasets/", {
        type: "input_data",
        request_sassy_file_name: "large.zip",
        file_size: 4,
      })
    ).key;
  async function inParts() {
    const key = await unsent();
    await make(`/api/datasets/${key}/multipart/`, {});
    const { urls } = await expect<{ urls: Record<string, string> }>(
      200,
      organizer,
      "POST",
      `/api/datasets/${key}/multipart/parts/`,
      json({ parts: [1] }),
    );
    await send("PUT", urls["1"]!, { content: { raw: "file" } });
    return key;
  }
  const uploads = { unsent: await unsent(), begun: await inParts(), whole: await inParts(), unwanted: await inParts() };

  // An organization, and a competition with everybody in it.
  const organization = await makeOrganization(organizer, `Organization ${randomUUID().slice(0, 8)}`.replace(" ", "-"));
  const team = await makeOrganization(applicant, "Team");
  const member = (person: keyof typeof ids, group: "MANAGER" | "MEMBER" | "INVITED") => ({
    organization_id: organization.id,
    user_id: ids[person],
    group,
  });
  await db
    .insertInto("memberships")
    .values([
      member("collaborator", "MANAGER"),
      member("participant", "MEMBER"),
      member("other participant", "INVITED"),
    ])
    .execute();
  const memberships = await db
    .selectFrom("memberships")
    .selectAll()
    .where("organization_id", "=", organization.id)
    .execute();

  await lab.newCompetition(otherOrganizer, bundleFiles());
  const files = { "reference/truth.csv": "3", "kit/readme.md": "Begin here." };
  const { id: competition, phases } = await lab.newCompetition(organizer, bundleFiles(yaml, files));
  await register({ id: competition }, participant, other, applicant);
  const change = (body: object) => expect(200, organizer, "PATCH", `/api/competitions/${competition}/`, json(body));
  await change({ collaborators: [ids.collaborator], allow_robot_submissions: true, teams_share_limits: true });
  const participants = await db
    .selectFrom("participants")
    .selectAll()
    .where("competition_id", "=", competition)
    .execute();
  const partOf = (userId: number) => participants.find(({ user_id }) => user_id === userId)!.id;
  const applicantPart = partOf(await idOf(lab, applicant));
  await db
    .updateTable("participants")
    .set({ status: "pending", organization_id: team.id })
    .where("id", "=", applicantPart)
    .execute();
  const part = partOf(ids.participant);
  const [first, second] = [phases[0]!, phases[1]!];
  const grant = await make<{ id: number }>(`/api/phases/${first.id}/grants/`, {
    participant: part,
    submissions_per_person: 1,
  });

  const { thread, post } = await db.transaction().execute(async (tx) => {
    const thread = await insertThread(tx, competition, ids.participant, "A thread");
    const post = await insertPost(tx, thread, ids.participant, "A post");
    await insertReport(tx, post, ids["other participant"], "Spam");
    return { thread, post };
  });
  const unsubscribe = unsubscribeToken((await findMailKey(db, ids.participant))!, "allow_forum_notifications");

  // Submissions, the last of them on the organizer's queue.
  const outcome = { scores: { accuracy: 0.5 }, details: "<h1>Fine</h1>" };
  const [ranked, unranked] = [
    await lab.submitted(participant, first.id, outcome),
    await lab.submitted(participant, first.id, outcome),
  ];
  await expect(200, participant, "POST", `/api/submissions/${ranked}/submission_leaderboard_connection/`);
  const submitted = () => submit(participant, first.id, Buffer.from("a submission"));
  await change({ auto_run_submissions: false });
  const held = await submitted();
  await change({ auto_run_submissions: true, queue: queue.id });
  const { token, hash } = newToken("bsw");
  const types = { "g5.xlarge": { cpu: 4096, memoryMiB: 15_000, gpus: 1 } };
  lab.inside.environment.HOST_OFFER = { types, maxHosts: 2, diskGiB: 100, approvedUsd: 0 };
  const wanted = { instanceType: "g5.xlarge", hosts: 1, spot: false, monthlyUsd: 50 };
  const capacityRequest = await db.transaction().execute((tx) =>
    insertRequest(tx, {
      ...{ ...wanted, queueId: queue.id, requestedBy: ids.organizer, why: null },
      profile: profileOfRequest(wanted, lab.inside.environment.HOST_OFFER!, "organizer"),
    }),
  );
  const workerToken = await insertWorkerToken(db, queue.id, "of a test", hash, ids.organizer);
  const { sqs_name } = await db
    .selectFrom("queues")
    .select("sqs_name")
    .where("id", "=", queue.id)
    .executeTakeFirstOrThrow();
  const url = lab.inside.queues.url(sqs_name);
  // Its steps outlive it, so that it may store launches.
  const identity = { id: "w", instance: randomUUID(), host: "here", launcher: "ecs", slots: 1, version: "1" };
  const worker = {
    send: (method: string, path: string, content?: Content) =>
      send(method, lab.url + path, { authorization: `Bearer ${token}`, content }),
  } as Person;
  const claim = async () => {
    await submitted();
    const { manifest } = await expect<{ manifest: { attempt: { id: string; jobId: string } } }>(
      200,
      worker,
      "POST",
      "/api/worker/claim/",
      json({ worker: identity, queue: url }),
    );
    return manifest.attempt;
  };
  const failed = await claim();
  const failure = { code: "NO_CAPACITY", message: "There is no host.", step: null };
  await expect(
    200,
    worker,
    "POST",
    `/api/worker/attempts/${failed.id}/complete/`,
    json({ outcome: "failed", failure, steps: [] }),
  );
  const claimed = await claim();
  const waiting = await submitted();
  const confirmation = await forEach(async ({ username }) => {
    const { token, hash } = newToken("bsm");
    await db.transaction().execute(async (tx) => {
      const person = tx.selectFrom("users").select(["id", "email"]).where("username", "=", username);
      const { id, email } = await person.executeTakeFirstOrThrow();
      await insertMailedToken(tx, id, { email, purpose: "confirm", hash, lifetimeHours: 1 });
    });
    return token;
  });
  await db.insertInto("identities").values({ provider, subject: "1", user_id: ids.participant }).execute();
  const guarded = (
    await db
      .selectFrom("users")
      .select("id")
      .where("username", "=", (await lab.newPerson()).username)
      .executeTakeFirstOrThrow()
  ).id;
  await db
    .insertInto("second_factors")
    .values({ user_id: guarded, secret: Buffer.alloc(20), confirmed_when: sql<Date>`now()`, last_step: null })
    .execute();
  const { id: banned } = await db
    .updateTable("users")
    .set({ is_banned: true, ban_reason: "Spam" })
    .where("username", "=", (await lab.newPerson()).username)
    .returning("id")
    .executeTakeFirstOrThrow();
  const { id: invited } = await db
    .insertInto("invitations")
    .values({
      token_hash: newToken("bsm").hash,
      email: "invited@example.org",
      invited_by: null,
      expires_at: sql<Date>`now() + interval '1 day'`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const now = new Date();
  const announcement = await db
    .insertInto("announcements")
    .values({ text: "More GPUs", level: "info", starts_at: now })
    .returning(["id", "text"])
    .executeTakeFirstOrThrow();
  const news = await db
    .insertInto("news_posts")
    .values({ title: "We are open", text: "At last.", published_at: now })
    .returning(["id", "title"])
    .executeTakeFirstOrThrow();
  const mail = await db
    .insertInto("mails")
    .values({ recipients: ["lost@example.org"], subject: "A lost mail", body: "Hello", status: "failed" })
    .returning(["id", "subject"])
    .executeTakeFirstOrThrow();
  const reset = newToken("bsm");
  await db.transaction().execute(async (tx) => {
    const email = `${people.participant.username}@example.org`;
    await insertMailedToken(tx, ids.participant, { email, purpose: "reset", hash: reset.hash, lifetimeHours: 1 });
  });
  const deletion = newToken("bsm");
  await db.transaction().execute((tx) => askDeletion(tx, ids.participant, { hash: deletion.hash, lifetimeHours: 1 }));
  const offer = await db
    .transaction()
    .execute((tx) =>
      insertHandOver(
        tx,
        { kind: "organization", id: String(organization.id) },
        { from: ids.organizer, to: ids.collaborator, days: 1 },
      ),
    );
  const logins = await forEach(async (person) => {
    const { actor } = await loginByToken(lab.inside, person.token);
    const add = (kind: "token" | "session") =>
      insertApiToken(db, {
        userId: actor.id,
        hash: newToken(kind === "token" ? "bst" : "bss").hash,
        kind,
        lifetimeDays: 1,
      });
    return { token: await add("token"), session: await add("session") };
  });
  const ownFile = await forEach((person) => upload(person, "submission", Buffer.from("a submission")));
  const archive = await zip({
    "task.yaml": "name: Uploaded\ndescription: a task\nscoring_program:\n  zip: scoring.zip\n",
    "scoring.zip": program,
  });
  const ownArchive = await forEach((person) => upload(person, "competition_bundle", archive));

  const detail = await expect<Detail>(200, organizer, "GET", `/api/competitions/${competition}/`);
  const startingKit = detail.phases[0]!.starting_kit;
  const referenceData = detail.phases[0]!.tasks[0]!.public_datasets.find(({ type }) => type === "reference_data")!;
  const { id: creation } = await db
    .selectFrom("competition_creations")
    .select("id")
    .where("resulting_competition", "=", competition)
    .executeTakeFirstOrThrow();
  const { id: score } = await db
    .selectFrom("submission_scores")
    .select("id")
    .where("submission_id", "=", ranked)
    .executeTakeFirstOrThrow();
  const submittedFile = await db
    .selectFrom("submissions as s")
    .innerJoin("datasets as d", "d.id", "s.data_id")
    .select(["d.id", "d.key"])
    .where("s.id", "=", ranked)
    .executeTakeFirstOrThrow();

  const worksheets = await makeWorksheets(db, people.organizer);

  // Nothing goes on by itself: no lease ends, no job rings again, and what is put off is never done.
  await db
    .updateTable("jobs")
    .set({ lease_until: inDays(1) })
    .where("state", "=", "leased")
    .execute();
  await db
    .updateTable("jobs")
    .set({ rung_when: inDays(1) })
    .execute();
  // No mail about posts is written.
  await sql`create function never_due() returns trigger language plpgsql as 'begin new.due_when := null; return new; end'`.execute(
    db,
  );
  await sql`create trigger never_due before insert or update on forum_follows for each row execute function never_due()`.execute(
    db,
  );
  // The use of tokens is noted once in five minutes: not now.
  await db
    .updateTable("api_tokens")
    .set({ last_used: inDays(1) })
    .execute();
  // The front page counts once in an hour.
  const counts = { competitions: 0, benchmarks: 0, participants: 0, submissions: 0, counted_when: inDays(1) };
  await db.insertInto("platform_counts").values(counts).execute();
  await sql`create function keep_back() returns trigger language plpgsql as 'begin new.sent_when := now(); return new; end'`.execute(
    db,
  );
  await sql`create trigger keep_back before insert on outbox for each row execute function keep_back()`.execute(db);
  // The sweeper and every request of a worker note that they came, which is no effect of what is asked.
  await sql`create rule keep_unnoted as on update to reachability do instead nothing`.execute(db);

  return {
    people,
    ids,
    confirmation,
    reset: reset.token,
    deletion: deletion.token,
    offer,
    provider,
    invited,
    announcement,
    news,
    mail,
    guarded,
    banned,
    logins,
    ownFile,
    ownArchive,
    worksheets,
    lab,
    competition,
    title: yaml.title,
    creation,
    phase: first.id,
    nextPhase: second.id,
    leaderboard: detail.leaderboards[0]!.id,
    ranked,
    unranked,
    held,
    waiting,
    score,
    participant: part,
    applicant: applicantPart,
    grant: grant.id,
    thread,
    post,
    unsubscribe,
    startingKit,
    referenceData,
    submittedFile,
    dataset,
    uploads,
    openDataset,
    openProgram,
    openTask: openTask.key,
    task: task.id,
    queue: { ...queue, url },
    workerToken,
    quarantined: failed.jobId,
    capacityRequest: capacityRequest!,
    idleQueue,
    registry,
    attempt: claimed.id,
    identity,
    organization,
    membership: memberships.find(({ user_id }) => user_id === ids.participant)!.id,
    invitation: memberships.find(({ group }) => group === "INVITED")!.token,
    send(actor, method, path, request) {
      const authorization =
        actor === "anonymous" ? undefined : actor === "worker" ? `Bearer ${token}` : `Token ${people[actor].token}`;
      return send(method, lab.url + path, { authorization, ...request });
    },
  };
}
