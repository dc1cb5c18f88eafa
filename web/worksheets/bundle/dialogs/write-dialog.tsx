import { useQueryClient } from "@tanstack/react-query";
import { ConfirmDialog } from "../../../design/confirm-dialog.tsx";
import { Field, TextArea } from "../../../design/field.tsx";
import { writeToRun } from "../queries.ts";
import { useTexts } from "../texts.ts";
import type { Bundle } from "../types.ts";

const value = (form: FormData, name: string): string => {
  const given = form.get(name);
  return typeof given === "string" ? given : "";
};

/** Writes a text into a file of a run, while it runs. */
export function WriteDialog({ bundle: { uuid }, onClose }: { bundle: Bundle; onClose: () => void }) {
  const { write: t } = useTexts();
  const client = useQueryClient();
  const send = async (form: FormData) => {
    await writeToRun(uuid, value(form, "file").trim(), value(form, "text"));
    await client.invalidateQueries({ queryKey: ["bundle", uuid] });
  };
  return (
    <ConfirmDialog title={t.title} action={t.send} isSafe onConfirm={send} onClose={onClose}>
      <p>{t.about}</p>
      <Field label={t.file} name="file" required maxLength={250} spellCheck={false} autoComplete="off" />
      <TextArea label={t.text} name="text" />
    </ConfirmDialog>
  );
}
