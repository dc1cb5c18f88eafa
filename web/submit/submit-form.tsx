import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useBlocker, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useSession } from "../api/session.ts";
import type { Competition, Phase } from "../competitions/queries.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Select } from "../design/field.tsx";
import { ownSubmissionsQuery, submissionPath } from "../my-submissions/queries.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { largest } from "./check-file.ts";
import { keepDraft, readDraft } from "./draft.ts";
import { type Answers, completeAnswers, FactSheet, questionsOf, unanswered } from "./fact-sheet.tsx";
import { FileDrop } from "./file-drop.tsx";
import { type BeforeSubmitting, organizationsQuery, quotaQuery, submit } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { useFile } from "./use-file.ts";

/** The file, what it runs on, the organizers' questions, and in whose name. */
export function SubmitForm(props: { competition: Competition; phase: Phase; before: BeforeSubmitting }) {
  const { competition, phase, before } = props;
  const t = useTexts();
  const client = useQueryClient();
  const router = useRouter();
  const { user } = useSession();
  const quota = useSuspenseQuery(quotaQuery).data;
  const organizations = useSuspenseQuery(organizationsQuery).data;
  const own = ownSubmissionsQuery(user!.username, { competition: competition.id, size: 3 });
  const [last] = useSuspenseQuery(own).data.results;
  const file = useFile({ phase, before, space: quota.quota_bytes - quota.storage_used }, competition.id);

  const questions = questionsOf(competition);
  const [given, setGiven] = useState<Answers>(() => readDraft(competition.id) ?? last?.fact_sheet_answers ?? {});
  const answers = completeAnswers(questions, given);
  const [tasks, setTasks] = useState(() => phase.tasks.map(({ id }) => id));
  const [organization, setOrganization] = useState<number | null>(null);
  /** Somebody has pressed the button. */
  const [isWanted, setWanted] = useState(false);

  const { chosen } = file;
  const key = chosen?.step === "sent" ? chosen.key : null;
  const isUnderway = chosen?.step === "checking" || chosen?.step === "sending";
  const missing = unanswered(questions, answers);
  const isComplete = missing.length === 0 && tasks.length > 0;

  const sending = useMutation({
    mutationFn: (data: string) =>
      submit({
        phase: phase.id,
        data,
        tasks: tasks.length === phase.tasks.length ? [] : tasks,
        fact_sheet_answers: questions.length > 0 ? answers : null,
        organization,
      }),
    onSuccess: async ({ id }) => {
      file.done();
      keepDraft(competition.id, null);
      await Promise.all(
        ["competition", "submissions", "before-submitting", "can-submit", "quota"].map((name) =>
          client.invalidateQueries({ queryKey: [name], refetchType: "none" }),
        ),
      );
      router.history.push(submissionPath({ id, competition: competition.id }));
    },
    onError: () => setWanted(false),
  });

  // Who presses the button before the file has arrived need not wait for it.
  const { mutate, isPending } = sending;
  const isReady = isWanted && isComplete && key !== null;
  useEffect(() => {
    if (isReady) mutate(key);
  }, [isReady, key, mutate]);

  const leaving = useBlocker({
    shouldBlockFn: () => isUnderway,
    enableBeforeUnload: () => isUnderway,
    withResolver: true,
  });

  const answer = (key: string, value: unknown) => {
    const next = { ...answers, [key]: value };
    setGiven(next);
    keepDraft(competition.id, next);
  };
  return (
    <>
      <form
        className="submit-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setWanted(true);
        }}
      >
        <FileDrop
          state={file}
          most={largest({ phase, before })}
          problem={isWanted && chosen === null ? t.noFile : undefined}
        />
        <Tasks phase={phase} chosen={tasks} onChoose={setTasks} isChecked={isWanted} />
        {(questions.length > 0 || organizations.length > 0) && (
          <div className="submit-fields">
            <FactSheet questions={questions} answers={answers} missing={isWanted ? missing : []} onAnswer={answer} />
            {organizations.length > 0 && (
              <SubmitAs organizations={organizations} chosen={organization} onChoose={setOrganization} />
            )}
          </div>
        )}
        {sending.isError && <ErrorNotice error={sending.error} />}
        <button className="button main large" disabled={isPending || (isWanted && isComplete && isUnderway)}>
          {isPending ? t.submitting : isUnderway ? (isWanted && isComplete ? t.waits : t.whenUploaded) : t.submit}
        </button>
      </form>
      {leaving.status === "blocked" && (
        <ConfirmDialog
          title={t.leave.title}
          action={t.leave.go}
          keep={t.leave.stay}
          onConfirm={() => Promise.resolve(leaving.proceed())}
          onClose={leaving.reset}
        >
          <p>{t.leave.about}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** All tasks, or some of them, where there are several. */
function Tasks(props: { phase: Phase; chosen: number[]; onChoose: (ids: number[]) => void; isChecked: boolean }) {
  const { phase, chosen, onChoose, isChecked } = props;
  const t = useTexts();
  if (phase.tasks.length < 2) return null;
  return (
    <fieldset>
      <legend className="submit-legend">{t.tasks}</legend>
      <div className="submit-tasks">
        {phase.tasks.map(({ id, name }) => (
          <label key={id} className="submit-task">
            <input
              type="checkbox"
              checked={chosen.includes(id)}
              onChange={({ target }) =>
                onChoose(target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
              }
            />
            {name}
          </label>
        ))}
      </div>
      {isChecked && chosen.length === 0 && (
        <p className="small submit-problem" role="alert">
          {t.noTask}
        </p>
      )}
    </fieldset>
  );
}

function SubmitAs(props: {
  organizations: { id: number; name: string }[];
  chosen: number | null;
  onChoose: (id: number | null) => void;
}) {
  const t = useTexts();
  return (
    <Select
      label={t.as}
      value={props.chosen ?? ""}
      choices={[["", t.myself], ...props.organizations.map(({ id, name }) => [String(id), name] as const)]}
      onChange={({ target }) => props.onChoose(target.value === "" ? null : Number(target.value))}
    />
  );
}
