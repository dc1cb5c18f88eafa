import { ChosenField, ChosenList } from "../parts/chosen.tsx";
import { CheckField, MarkdownField, MomentField, NumberField, TextField } from "../parts/fields.tsx";
import type { Phase } from "../state/form.ts";
import { useTexts } from "../texts.ts";

const limits = [
  "max_submissions_per_day",
  "max_submissions_per_person",
  "max_submission_size",
  "execution_time_limit",
] as const;
const open = ["accepts_submissions", "auto_migrate_to_this_phase"] as const;
const hidden = [
  "blind",
  "hide_output",
  "hide_prediction_output",
  "hide_score_output",
  "delete_submissions_except_best_and_last",
] as const;

export function PhaseFields(props: { phase: Phase; at: number; onChange: (changes: Partial<Phase>) => void }) {
  const { phase, at, onChange } = props;
  const t = useTexts();
  const path = (name: string) => `phases[${at}].${name}`;
  const check = (name: (typeof open)[number] | (typeof hidden)[number]) => (
    <CheckField
      key={name}
      path={path(name)}
      label={t.phaseSwitches[name].label}
      hint={t.phaseSwitches[name].hint}
      value={phase[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  const file = (kind: "starting_kit" | "public_data") => (
    <ChosenField
      path={path(kind)}
      kind={kind}
      label={t.fields[kind]}
      hint={t.hints[kind]}
      none={t.none}
      value={phase[kind]}
      onChange={(value) => onChange({ [kind]: value })}
    />
  );
  return (
    <>
      <TextField
        path={path("name")}
        label={t.fields.name}
        value={phase.name}
        maxLength={256}
        onChange={(name) => onChange({ name })}
      />
      <div className="editor-pair">
        <MomentField
          path={path("start")}
          label={t.fields.start}
          value={phase.start}
          onChange={(start) => onChange({ start })}
        />
        <div className="editor-stack">
          {phase.end !== null && (
            <MomentField
              path={path("end")}
              label={t.fields.end}
              value={phase.end}
              onChange={(end) => onChange({ end })}
            />
          )}
          <CheckField
            path={path(phase.end === null ? "end" : "phase_never_ends")}
            label={t.neverEnds}
            value={phase.end === null}
            onChange={(isOn) => onChange({ end: isOn ? null : "" })}
          />
        </div>
      </div>
      <ChosenList
        path={path("tasks")}
        kind="task"
        label={t.fields.tasks}
        hint={t.hints.tasks}
        add={t.addTask}
        value={phase.tasks}
        onChange={(tasks) => onChange({ tasks })}
      />
      <div className="editor-pair">
        {limits.map((name) => (
          <NumberField
            key={name}
            path={path(name)}
            label={t.fields[name]}
            hint={name === "execution_time_limit" ? t.hints.execution_time_limit : t.hints.limit}
            value={phase[name]}
            onChange={(value) => onChange({ [name]: value })}
          />
        ))}
      </div>
      {(at > 0 || phase.auto_migrate_to_this_phase ? open : open.slice(0, 1)).map(check)}
      <MarkdownField
        path={path("description")}
        label={t.fields.description}
        value={phase.description}
        rows={4}
        onChange={(description) => onChange({ description })}
      />
      <div className="editor-pair">
        {file("starting_kit")}
        {file("public_data")}
      </div>
      <fieldset className="editor-stack">
        <legend className="editor-label">{t.whatIsHidden}</legend>
        {hidden.map(check)}
      </fieldset>
    </>
  );
}
