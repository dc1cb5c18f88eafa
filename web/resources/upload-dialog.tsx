import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { given } from "../app/form.ts";
import { bytes, number } from "../app/format.ts";
import { useConfig } from "../api/session.ts";
import { Dialog } from "../design/dialog.tsx";
import { Check, Field, Select, TextArea } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { datasetQuery, types } from "./queries.ts";
import { useUploadTexts } from "../upload/texts.ts";
import { useSending } from "../upload/use-sending.ts";
import { useTexts } from "./texts.ts";
import { uploadDataset } from "./upload.ts";

/** Sends a file, and says what it is. */
export function UploadDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { broken } = useUploadTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { limits } = useConfig();
  const [file, setFile] = useState<File | null>(null);
  const [isPublic, setPublic] = useState(false);
  const { sent, isBroken, begin, isStopped } = useSending();
  const upload = useMutation({
    mutationFn: async (form: FormData) => {
      const key = await uploadDataset(
        file!,
        {
          type: types.find((type) => type === form.get("type"))!,
          name: given(form, "name") ?? file!.name,
          description: given(form, "description"),
          license: given(form, "license"),
          is_public: isPublic,
        },
        begin(),
      );
      await client.invalidateQueries({ queryKey: ["datasets"] });
      await client.invalidateQueries({ queryKey: ["storage"] });
      const { id } = await client.fetchQuery(datasetQuery(key));
      await navigate({ to: "/datasets/$id/", params: { id: String(id) } });
    },
  });
  const tooLarge = file !== null && file.size > limits.max_upload_bytes;
  const share = file && file.size > 0 ? sent / file.size : 0;
  return (
    <Dialog title={t.uploadTitle} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          upload.mutate(new FormData(event.currentTarget));
        }}
      >
        <Field
          label={t.file}
          type="file"
          required
          hint={t.maxFile(bytes(limits.max_upload_bytes))}
          error={tooLarge ? t.tooLarge(bytes(file.size)) : undefined}
          onChange={({ target }) => setFile(target.files?.[0] ?? null)}
        />
        <Select label={t.type} name="type" choices={types.map((type) => [type, t.types[type]])} />
        <Field label={t.name} name="name" hint={t.nameHint} maxLength={256} />
        <TextArea label={t.description} name="description" hint={t.descriptionHint} maxLength={50_000} />
        <Field label={t.license} name="license" placeholder="CC BY 4.0" maxLength={256} />
        <Check
          label={t.makePublic}
          hint={t.makePublicHint}
          checked={isPublic}
          onChange={({ target }) => setPublic(target.checked)}
        />
        {upload.isPending && (
          <div className="resource-progress">
            <progress max={1} value={share} aria-label={t.sending} />
            <p className="small quiet numbers">
              {isBroken ? broken : t.sent(bytes(sent), bytes(file!.size), number(share, { style: "percent" }))}
            </p>
          </div>
        )}
        {upload.isError && !isStopped && <ErrorNotice error={upload.error} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {upload.isPending ? t.stop : t.cancel}
          </button>
          <button type="submit" className="button main" disabled={upload.isPending || file === null || tooLarge}>
            {t.upload}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
