import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId } from "react";
import { api, ask } from "../api/client.ts";
import { given } from "../app/form.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Check, Field, TextArea } from "../design/field.tsx";
import { choicesQuery, type TaskDetail } from "./queries.ts";
import { useTexts } from "./texts.ts";

const roles = ["scoring_program", "ingestion_program", "input_data", "reference_data"] as const;

/** Puts a task together from files that were uploaded before, or changes one. */
export function TaskDialog({ task, onClose }: { task: TaskDetail | null; onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = async (form: FormData) => {
    const body = {
      name: given(form, "name") ?? "",
      description: given(form, "description"),
      is_public: form.get("is_public") !== null,
      ingestion_only_during_scoring: form.get("ingestion_only_during_scoring") !== null,
      ingestion_program: given(form, "ingestion_program") ?? "",
      input_data: given(form, "input_data") ?? "",
      reference_data: given(form, "reference_data") ?? "",
      scoring_program: given(form, "scoring_program") ?? "",
    };
    const { id } = task
      ? await ask(api.PATCH("/api/tasks/{id}/", { params: { path: { id: task.id } }, body }))
      : await ask(api.POST("/api/tasks/", { body }));
    await client.invalidateQueries({ queryKey: ["tasks"] });
    await client.invalidateQueries({ queryKey: ["task", id] });
    if (!task) await navigate({ to: "/tasks/$id/", params: { id: String(id) } });
  };
  return (
    <ConfirmDialog
      title={task ? t.editTitle(task.name) : t.createTask}
      action={task ? t.save : t.createTask}
      isSafe
      onConfirm={save}
      onClose={onClose}
    >
      <Field label={t.name} name="name" defaultValue={task?.name} maxLength={256} required />
      <TextArea label={t.description} name="description" defaultValue={task?.description ?? ""} maxLength={50_000} />
      {roles.map((role) => (
        <FileChoice key={role} role={role} chosen={task?.[role] ?? null} required={role === "scoring_program"} />
      ))}
      <Check
        label={t.onlyDuringScoring}
        name="ingestion_only_during_scoring"
        defaultChecked={task?.ingestion_only_during_scoring}
      />
      <Check label={t.makePublic} hint={t.publicTaskHint} name="is_public" defaultChecked={task?.is_public} />
    </ConfirmDialog>
  );
}

/** One of the reader's files of a type, or a public one. */
function FileChoice(props: { role: (typeof roles)[number]; chosen: TaskDetail["scoring_program"]; required: boolean }) {
  const t = useTexts();
  const id = useId();
  const { role, chosen, required } = props;
  const { data } = useQuery(choicesQuery(role));
  const found = data?.results ?? [];
  const files = chosen && !found.some(({ key }) => key === chosen.key) ? [chosen, ...found] : found;
  return (
    <div className="field">
      <label htmlFor={id}>{t.types[role]}</label>
      <select
        // Its choices come later than the dialog.
        key={data ? "loaded" : "loading"}
        id={id}
        name={role}
        className="input"
        required={required}
        defaultValue={chosen?.key ?? ""}
      >
        <option value="">{required ? t.chooseFile : t.noFile}</option>
        {files.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      {required && data?.results.length === 0 && <span className="hint">{t.uploadFirst}</span>}
    </div>
  );
}
