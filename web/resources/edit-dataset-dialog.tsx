import { useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";
import { given } from "../app/form.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Check, Field, TextArea } from "../design/field.tsx";
import type { OneDataset } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Changes what is said about a dataset, and who may see it. Its file stays. */
export function EditDatasetDialog({ dataset, onClose }: { dataset: OneDataset; onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const save = async (form: FormData) => {
    await ask(
      api.PATCH("/api/datasets/{id}/", {
        params: { path: { id: dataset.id } },
        body: {
          name: given(form, "name") ?? dataset.name,
          description: given(form, "description"),
          license: given(form, "license"),
          is_public: form.get("is_public") !== null,
        },
      }),
    );
    await client.invalidateQueries({ queryKey: ["dataset"] });
    await client.invalidateQueries({ queryKey: ["datasets"] });
  };
  return (
    <ConfirmDialog title={t.editTitle(dataset.name)} action={t.save} isSafe onConfirm={save} onClose={onClose}>
      <Field label={t.name} name="name" defaultValue={dataset.name} maxLength={256} required />
      <TextArea
        label={t.description}
        name="description"
        hint={t.descriptionHint}
        defaultValue={dataset.description ?? ""}
        maxLength={50_000}
      />
      <Field
        label={t.license}
        name="license"
        placeholder="CC BY 4.0"
        defaultValue={dataset.license ?? ""}
        maxLength={256}
      />
      <Check label={t.makePublic} hint={t.makePublicHint} name="is_public" defaultChecked={dataset.is_public} />
    </ConfirmDialog>
  );
}
