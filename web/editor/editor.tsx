import "./editor.css";
import { useQueryClient, useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { ApiError } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { competitionQuery, type Competition } from "../competitions/queries.ts";
import { addressOf } from "./address.ts";
import { Conflict } from "./conflict.tsx";
import { EditorContext, idOf, pathOf } from "./context.ts";
import { DraftNotice } from "./draft-notice.tsx";
import { LeaveGuard } from "./leave-guard.tsx";
import { createCompetition } from "./queries.ts";
import { Rail } from "./rail.tsx";
import { SaveBar } from "./save-bar.tsx";
import { saveChanges, type Outcome } from "./save.ts";
import { SectionFields } from "./sections/section-fields.tsx";
import { sentenceOf } from "./sentence.ts";
import { keepDraft } from "./state/draft.ts";
import { begin, edit, isChanged, refusedProblems, type Editing } from "./state/editing.ts";
import { newForm } from "./state/form.ts";
import type { problemsOf } from "./state/check.ts";
import { problemsOfAnswer, type Problem } from "./state/problems.ts";
import { readForm } from "./state/read.ts";
import { sectionOf, type Section } from "./state/sections.ts";
import { writeForm } from "./state/write.ts";
import { Summary } from "./summary.tsx";
import { useTexts } from "./texts.ts";
import { useDraft } from "./use-draft.ts";

/** The form for every field of a competition, one section at a time. */
export function Editor(props: { competition: Competition | null; section: Section; check: typeof problemsOf }) {
  const { competition, section, check } = props;
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const user = useSession().user!.username;
  const isNew = competition === null;
  const id = competition?.id ?? null;
  const [state, dispatch] = useReducer(edit, competition, (before) =>
    before ? begin(readForm(before), before.version ?? null) : begin(newForm(), null),
  );
  const { form, conflict, tried, touched } = state;
  const isDirty = isChanged(state);
  const draft = useDraft(user, id, state, isDirty);

  const deferred = useDeferredValue(form);
  const found = useMemo(() => check(deferred, isNew), [check, deferred, isNew]);
  const refused = refusedProblems(state);
  const problems = [...found, ...refused];
  const errors = problems.filter(({ isWarning }) => !isWarning);
  const isShown = ({ path, reason }: Problem) => tried || touched.has(path) || reason.kind !== "missing";

  // The field that gets the focus once its section shows it.
  const [target, setTarget] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (target === null || sectionOf(target) !== section) return;
    (document.getElementById(idOf(target)) ?? heading.current)?.focus();
    setTarget(null);
  }, [target, section]);
  const goTo = ({ path }: Problem) => {
    setTarget(path);
    const to = sectionOf(path);
    if (to !== section) void navigate(addressOf(id, to));
  };

  const save = useMutation({
    mutationFn: async (editing: Editing): Promise<Outcome> =>
      id === null ? { saved: await createCompetition(writeForm(editing.form)) } : saveChanges(client, id, editing),
    onSuccess: async (outcome) => {
      if ("newer" in outcome) {
        dispatch({ type: "collide", newer: outcome.newer });
        return;
      }
      const { saved } = outcome;
      keepDraft(user, id, null);
      dispatch({ type: "save", form: readForm(saved), version: saved.version ?? null });
      client.setQueryData(competitionQuery(saved.id).queryKey, saved);
      await client.invalidateQueries({ queryKey: ["competitions"] });
      if (id === null)
        await navigate({ to: "/competitions/$id/", params: { id: String(saved.id) }, ignoreBlocker: true });
    },
    onError: (error, editing) => {
      if (!(error instanceof ApiError)) return;
      const said = problemsOfAnswer(error.fields, editing.form);
      if (said.length === 0) return;
      dispatch({ type: "refuse", problems: said });
      goTo(said[0]!);
    },
  });
  const attempt = (editing: Editing) => {
    dispatch({ type: "try" });
    const [first] = check(editing.form, isNew).filter(({ isWarning }) => !isWarning);
    if (first) goTo(first);
    else save.mutate(editing);
  };
  const messages = (path: string) => problems.filter((problem) => problem.path === path && isShown(problem));
  const title = isNew ? t.newTitle : t.editTitle(competition.title);
  return (
    <EditorContext
      value={{
        form,
        target,
        change: (change) => {
          if (save.isSuccess) save.reset();
          dispatch({ type: "change", change });
        },
        messageOf: (path) =>
          messages(path)
            .map(({ reason }) => sentenceOf(reason, t))
            .join(" ") || undefined,
        countBelow: (path) =>
          errors.filter((problem) => problem.path.startsWith(`${path}.`) && isShown(problem)).length,
      }}
    >
      <div className="wrap editor">
        <PageTitle>{title}</PageTitle>
        <nav aria-label={t.crumbs} className="editor-crumbs small">
          <Link to="/competitions/">{t.organized}</Link> <span aria-hidden="true">/</span>{" "}
          {isNew ? (
            t.new
          ) : (
            <>
              <Link to="/competitions/$id/" params={{ id: String(competition.id) }}>
                {competition.title}
              </Link>{" "}
              <span aria-hidden="true">/</span> {t.edit}
            </>
          )}
        </nav>
        <div className="editor-head">
          <h1>{title}</h1>
          {isNew && (
            <Link to="/competitions/upload/" className="button">
              {t.fromBundle}
            </Link>
          )}
        </div>
        <DraftNotice draft={draft} dispatch={dispatch} />
        {tried && errors.length > 0 && !conflict && (
          <Summary id={id} form={form} problems={errors} onGo={(path) => setTarget(path)} />
        )}
        {conflict ? (
          <Conflict
            editing={state}
            conflict={conflict}
            busy={save.isPending}
            onChoose={(id, choice) => dispatch({ type: "choose", id, choice })}
            onJoin={() => dispatch({ type: "join" })}
            onSave={() => {
              dispatch({ type: "join" });
              attempt(edit(state, { type: "join" }));
            }}
          />
        ) : (
          <div className="editor-columns-of-page">
            <Rail id={id} current={section} problems={errors} tried={tried} />
            <div
              className="editor-section"
              inert={save.isPending}
              onBlur={({ target }) => {
                const path = pathOf(target.id);
                if (path !== null) dispatch({ type: "touch", path });
              }}
            >
              <h2 ref={heading} tabIndex={-1} className="hidden">
                {t.sections[section]}
              </h2>
              <SectionFields section={section} competition={competition} user={user} />
              <SaveBar
                isNew={isNew}
                isDirty={isDirty}
                save={save}
                isRefused={refused.length > 0}
                onSave={() => attempt(state)}
                onDiscard={() => dispatch({ type: "save", form: state.base, version: state.version })}
              />
            </div>
          </div>
        )}
        <LeaveGuard isOn={isDirty} />
      </div>
    </EditorContext>
  );
}
