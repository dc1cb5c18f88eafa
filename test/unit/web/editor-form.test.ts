/** The form of the editor, without a page around it. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { multiTaskRankings, submissionRules, computations } from "../../../lambdas/competitions/rules/competition.ts";
import { begin, edit, isChanged, refusedProblems } from "../../../web/editor/state/editing.ts";
import { newForm, newPhase, switches, type Form } from "../../../web/editor/state/form.ts";
import { fromLocal, toLocal } from "../../../web/editor/state/local-time.ts";
import { moved } from "../../../web/editor/state/lists.ts";
import { merge } from "../../../web/editor/state/merge.ts";
import { problemsOf } from "../../../web/editor/state/check.ts";
import { problemsOfAnswer } from "../../../web/editor/state/problems.ts";
import { readForm, type Editable } from "../../../web/editor/state/read.ts";
import { changesOf, writeForm } from "../../../web/editor/state/write.ts";

const text = fc.string({ maxLength: 20 });
const given = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== "");
const key = fc.uuid();
const instant = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const limit = fc.option(fc.nat(1000));
const named = fc.record({ key, name: text });
const withIds = <Part extends object>(parts: fc.Arbitrary<Part>, minLength = 0) =>
  fc.array(parts, { minLength, maxLength: 4 }).map((all) => all.map((part, at) => ({ ...part, id: at + 1 })));

const board = fc
  .record({
    title: given,
    key: given,
    hidden: fc.boolean(),
    submission_rule: fc.constantFrom(...submissionRules),
    multi_task_ranking: fc.constantFrom(...multiTaskRankings),
    ranking_tasks: fc.array(key, { minLength: 1, maxLength: 2 }),
    columns: withIds(
      fc.record({
        title: given,
        key: given,
        gap: fc.integer({ min: 1, max: 3 }),
        sorting: fc.constantFrom("asc" as const, "desc" as const),
        precision: fc.nat(10),
        hidden: fc.boolean(),
        computation: fc.option(fc.constantFrom(...computations)),
      }),
      1,
    ),
  })
  .map(({ columns, ...rest }) => {
    // Numbers of columns may have gaps.
    let index = -1;
    const numbered = columns.map(({ gap, ...column }) => ({ ...column, index: (index += gap) }));
    return {
      ...rest,
      ranking_tasks: rest.multi_task_ranking === "chosen_task" ? rest.ranking_tasks : [],
      primary_index: numbered.at(-1)!.index,
      columns: numbered.map((column) => ({
        ...column,
        computation_indexes: column.computation && numbered.map(({ index }) => String(index)),
      })),
    };
  });

/** What the API says of competitions, as far as they are edited. */
const competitions = fc
  .record({
    ...(Object.fromEntries(switches.map((name) => [name, fc.boolean()])) as Record<
      (typeof switches)[number],
      fc.Arbitrary<boolean>
    >),
    title: given,
    description: text,
    competition_type: fc.constantFrom("competition" as const, "benchmark" as const),
    reward: fc.option(given),
    contact_email: fc.option(given),
    report: fc.option(given),
    docker_image: given,
    queue: fc.option(fc.record({ id: key, name: text })),
    terms: text,
    whitelist_emails: fc.uniqueArray(fc.constantFrom("a@example.org", "b@example.org"), { maxLength: 2 }),
    pages: withIds(fc.record({ title: given, content: text })),
    phases: withIds(
      fc.record({
        name: given,
        description: fc.option(given),
        start: instant,
        end: fc.option(instant),
        tasks: fc.uniqueArray(named, { selector: ({ key }) => key, maxLength: 3 }),
        starting_kit: fc.option(named),
        public_data: fc.option(named),
        max_submissions_per_day: limit,
        max_submissions_per_person: limit,
        max_submission_size: limit,
        execution_time_limit: fc.nat(1000),
        auto_migrate_to_this_phase: fc.boolean(),
        accepts_submissions: fc.boolean(),
        blind: fc.boolean(),
        hide_output: fc.boolean(),
        hide_prediction_output: fc.boolean(),
        hide_score_output: fc.boolean(),
        delete_submissions_except_best_and_last: fc.boolean(),
      }),
    ),
    leaderboards: withIds(board, 1),
    fact_sheet: fc.option(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.nat(9), { minKeys: 1, maxKeys: 3 }).chain((sheet) =>
        fc.record(
          Object.fromEntries(
            Object.keys(sheet).map((name) => [
              name,
              fc.record({
                key: fc.constant(name),
                title: text,
                type: fc.constantFrom("text", "checkbox", "select"),
                selection: fc.oneof(fc.constant(""), fc.array(text, { maxLength: 3 })),
                is_required: fc.constantFrom("true", "false", true, false),
                is_on_leaderboard: fc.constantFrom("true", "false"),
              }),
            ]),
          ),
        ),
      ),
    ),
    collaborators: withIds(fc.record({ name: text, username: given })),
  })
  // Some of its objects have no prototype.
  .map((made) => structuredClone(made)) as unknown as fc.Arbitrary<Editable>;

const forms = competitions.map(readForm);

/** What the API takes, for what it said. */
const expected = (c: Editable) => ({
  ...Object.fromEntries(switches.map((name) => [name, c[name]])),
  title: c.title,
  description: c.description,
  competition_type: c.competition_type,
  reward: c.reward,
  contact_email: c.contact_email,
  report: c.report,
  docker_image: c.docker_image,
  queue: c.queue?.id ?? null,
  terms: c.terms,
  whitelist_emails: c.whitelist_emails,
  pages: c.pages.map((page, index) => ({ ...page, index })),
  phases: c.phases.map((phase) => ({
    ...phase,
    tasks: phase.tasks.map(({ key }) => key),
    starting_kit: phase.starting_kit?.key ?? null,
    public_data: phase.public_data?.key ?? null,
    phase_never_ends: phase.end === null,
  })),
  leaderboards: c.leaderboards.map(({ submission_rule, ...board }, at) => ({
    ...board,
    ...(at === 0 && { submission_rule }),
    columns: board.columns.map((column) => ({
      ...column,
      computation_indexes: column.computation_indexes?.map(Number) ?? null,
    })),
  })),
  fact_sheet: c.fact_sheet,
  collaborators: c.collaborators.map(({ id }) => id),
});

describe("the form of a competition", () => {
  it("gives every field back to the API as it came", () => {
    fc.assert(fc.property(competitions, (c) => assert.deepEqual({ ...writeForm(readForm(c)) }, expected(c))));
  });

  it("changes nothing when nothing was changed, and only the field that was (A-282)", () => {
    fc.assert(
      fc.property(forms, given, (form, title) => {
        assert.deepEqual(changesOf(form, structuredClone(form)), {});
        assert.deepEqual(changesOf(form, { ...form, title }), title === form.title ? {} : { title });
      }),
    );
  });

  it("keeps the numbers of columns until they move, and what refers to them", () => {
    const form = newForm();
    const [board] = form.leaderboards;
    const column = (part: string, index: number | null) => ({ ...board!.columns[0]!, part, key: part, index });
    const columns = [
      column("a", 0),
      { ...column("mean", 4), computation: "avg" as const, computed_from: ["a", "b"] },
      column("b", null),
    ];
    const write = (shown: typeof columns) =>
      writeForm({ ...form, leaderboards: [{ ...board!, primary: "b", columns: shown }] }).leaderboards[0]!;
    const there = write(columns);
    assert.deepEqual(
      [there.columns.map(({ index }) => index), there.columns[1]!.computation_indexes, there.primary_index],
      [[0, 4, 5], [0, 5], 5],
    );
    const turned = write(moved(columns, 2, 0));
    assert.deepEqual(
      [turned.columns.map(({ key }) => key), turned.columns[2]!.computation_indexes, turned.primary_index],
      [["b", "a", "mean"], [1, 0], 0],
    );
  });

  it("shows a moment in the reader's zone and gives the same moment back", () => {
    fc.assert(
      fc.property(instant, (moment) => {
        const seconds = `${moment.slice(0, 19)}.000Z`;
        assert.equal(fromLocal(toLocal(seconds)), seconds);
      }),
      // Hours that a change of the clock repeats have no text of their own.
      { examples: [["2027-01-31T14:30:59.000Z"]] },
    );
    assert.equal(fromLocal(""), "");
    assert.equal(toLocal("soon"), "");
  });
});

const filled = (): Form => {
  const form = newForm();
  const task = { part: "6f6ab2a2-8a3b-4f0e-9c8c-0d8a54a7e1d1", name: "Frames" };
  return {
    ...form,
    title: "Cell tracking",
    logo: { file_name: "logo.png", data: "data:" },
    phases: [{ ...newPhase(), name: "Only", start: "2027-01-01T00:00:00.000Z", end: null, tasks: [task] }],
    leaderboards: form.leaderboards.map((board) => ({
      ...board,
      columns: board.columns.map((column) => ({ ...column, title: "Score", key: "score" })),
    })),
  };
};
const found = (form: Form, isNew = true) => problemsOf(form, isNew).map(({ path }) => path);

describe("problems of a form", () => {
  it("are what is missing in a new one, each at its field", () => {
    assert.deepEqual(found(newForm()).sort(), [
      "leaderboards[0].columns[0].key",
      "leaderboards[0].columns[0].title",
      "logo",
      "phases[0].name",
      "phases[0].start",
      "phases[0].tasks",
      "title",
    ]);
    assert.deepEqual(found(filled()), []);
  });

  it("follow the rules of bundles, at the fields of the page (A-20)", () => {
    const form = filled();
    const [phase] = form.phases;
    const ended = { ...phase!, end: "2027-03-01T00:00:00.000Z" };
    const early = { ...phase!, part: "early", start: "2027-02-01T00:00:00.000Z" };
    assert.deepEqual(found({ ...form, phases: [ended, early] }), ["phases[1].start"]);
    assert.deepEqual(found({ ...form, phases: [{ ...phase!, end: "" }, early] }), ["phases[0].end"]);
    assert.deepEqual(found({ ...form, phases: [phase!, early] }), [], "the first may never end");
    assert.deepEqual(found({ ...form, docker_image: "not an image" }), ["docker_image"]);
    assert.deepEqual(found({ ...form, contact_email: "nobody" }), ["contact_email"]);
    assert.deepEqual(found({ ...form, whitelist_emails: "a@example.org\nnobody" }), ["whitelist_emails"]);
    const question = {
      part: "q",
      key: "method",
      title: "",
      selection: "",
      is_required: "false",
      is_on_leaderboard: "false",
    };
    const twice = [question, { ...question, part: "r" }].map((one) => ({ ...one, type: "text" as const }));
    assert.deepEqual(found({ ...form, questions: twice }), ["questions[1].key"]);
    const [board] = form.leaderboards;
    const computed = { ...board!.columns[0]!, part: "mean", key: "mean", computation: "avg" as const };
    assert.deepEqual(found({ ...form, leaderboards: [{ ...board!, columns: [...board!.columns, computed] }] }), [
      "leaderboards[0].columns[1].computed_from",
    ]);
  });

  it("warn of a phase that is never open, which can be saved", () => {
    const form = filled();
    const phases = [{ ...form.phases[0]!, end: "2026-01-01T00:00:00.000Z" }];
    const [problem, ...others] = problemsOf({ ...form, phases }, true);
    assert.deepEqual([problem?.path, problem?.isWarning, others], ["phases[0].end", true, []]);
  });

  it("of the API stand at its fields until they are changed", () => {
    const form = filled();
    const answer = {
      tasks: [`There is no task with the key ${form.phases[0]!.tasks[0]!.part} that you may use.`],
      "phases.0.max_submissions_per_day": ["Too many."],
      queue: ["There is no queue with this id that you may use."],
    };
    const problems = problemsOfAnswer(answer, form);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["phases[0].tasks", "phases[0].max_submissions_per_day", "queue"],
    );
    const refused = edit(begin(form, "1"), { type: "refuse", problems });
    const change = () => ({ phases: [{ ...form.phases[0]!, max_submissions_per_day: 3 }] });
    const mended = edit(refused, { type: "change", change });
    assert.deepEqual(
      refusedProblems(mended).map(({ path }) => path),
      ["phases[0].tasks", "queue"],
    );
  });
});

describe("changes of two organizers", () => {
  it("are joined: what only one changed is theirs, in any form", () => {
    fc.assert(
      fc.property(forms, forms, (base, changed) => {
        assert.deepEqual(merge(base, changed, base), { form: changed, differences: [] });
        const { form, differences } = merge(base, base, changed);
        assert.deepEqual(form, changed);
        assert(differences.every(({ isConflict }) => !isConflict));
        assert.deepEqual(merge(base, changed, changed), { form: changed, differences: [] });
      }),
    );
  });

  it("of the same field ask which one stays", () => {
    const base = filled();
    const mine = { ...base, title: "Mine", reward: "A book" };
    const theirs = { ...base, title: "Theirs", terms: "Be fair." };
    const { form, differences } = merge(base, mine, theirs);
    assert.deepEqual([form.title, form.reward, form.terms], ["Mine", "A book", "Be fair."]);
    assert.deepEqual(
      differences.map(({ id, isConflict }) => [id, isConflict]),
      [
        ["title", true],
        ["terms", false],
      ],
    );
    assert.equal(merge(base, mine, theirs, { title: "theirs", terms: "mine" }).form.title, "Theirs");
    assert.equal(merge(base, mine, theirs, { title: "theirs", terms: "mine" }).form.terms, "");
  });

  it("of lists keep what each added, moved and removed", () => {
    const base = { list: ["a", "b", "c"].map((part, at) => ({ part, id: at, text: "" })) };
    const [a, b, c] = base.list as [(typeof base.list)[0], (typeof base.list)[0], (typeof base.list)[0]];
    const added = (part: string) => ({ part, id: 9, text: "new" });
    const join = (mine: (typeof base)["list"], theirs: (typeof base)["list"], choices = {}) =>
      merge(base, { list: mine }, { list: theirs }, choices).form.list;
    const names = (list: (typeof base)["list"]) => list.map(({ part }) => part).join("");
    assert.equal(names(join([a, added("x"), b, c], [a, b, c, added("y")])), "axbcy");
    assert.equal(names(join([c, b, a], [a, added("y"), b, c])), "cbay");
    assert.equal(names(join([a, b, c], [a, c])), "ac");
    // What I wrote in a part that they removed is not lost, and is added as a new one.
    const kept = join([a, { ...b, text: "mine" }, c], [a, c]);
    assert.deepEqual(kept[1], { part: "b", id: undefined, text: "mine" });
    assert.equal(names(join([a, { ...b, text: "mine" }, c], [a, c], { "list/b": "theirs" })), "ac");
    assert.equal(names(join([a, c], [a, { ...b, text: "theirs" }, c], { "list/b": "theirs" })), "abc");
  });

  it("that do not concern the form are taken without a question; others wait for one", () => {
    const opened = begin(filled(), "1");
    const changed = edit(opened, { type: "change", change: () => ({ title: "Mine" }) });
    const same = edit(changed, { type: "collide", newer: { form: opened.base, version: "2" } });
    assert.deepEqual([same.version, same.conflict, same.form.title], ["2", null, "Mine"]);
    const other = { ...opened.base, terms: "Be fair." };
    const asked = edit(changed, { type: "collide", newer: { form: other, version: "2" } });
    assert(asked.conflict);
    const joined = edit(asked, { type: "join" });
    assert.deepEqual([joined.form.title, joined.form.terms, joined.version], ["Mine", "Be fair.", "2"]);
    assert.deepEqual(changesOf(joined.base, joined.form), { title: "Mine" });
  });

  it("are asked about when a draft of an older version is restored", () => {
    const opened = begin(filled(), "2");
    const base = { ...opened.base, terms: "Before." };
    const restored = edit(opened, { type: "restore", base, version: "1", form: { ...base, title: "Draft" } });
    assert(restored.conflict && isChanged(restored));
    assert.equal(edit(restored, { type: "join" }).form.title, "Draft");
    const again = edit(opened, { type: "restore", base: opened.base, version: "2", form: { ...base, title: "Draft" } });
    assert.deepEqual([again.conflict, again.form.title], [null, "Draft"]);
  });
});
