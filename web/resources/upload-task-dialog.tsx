import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { Dialog } from "../design/dialog.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { discard } from "../upload/upload.ts";
import { useUploadTexts } from "../upload/texts.ts";
import { useSending } from "../upload/use-sending.ts";
import { useTexts } from "./texts.ts";
import { uploadDataset } from "./upload.ts";

/** Makes a task of a zip with a `task.yaml`. The zip is not kept. */
export function UploadTaskDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { broken } = useUploadTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [file, setFile] = useState<File | null>(null);
  const { sent, isBroken, begin, isStopped } = useSending();
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const key = await uploadDataset(file, { type: "input_data", name: file.name }, begin());
      try {
        const { id } = await ask(api.POST("/api/tasks/upload_task/", { body: { data: key } }));
        await client.invalidateQueries({ queryKey: ["tasks"] });
        await navigate({ to: "/tasks/$id/", params: { id: String(id) } });
      } finally {
        await discard(key).catch(() => undefined);
      }
    },
    onSuccess: onClose,
  });
  return (
    <Dialog title={t.uploadTask} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (file) upload.mutate(file);
        }}
      >
        <Field
          label={t.zip}
          hint={t.zipHint}
          type="file"
          accept=".zip"
          required
          onChange={({ target }) => setFile(target.files?.[0] ?? null)}
        />
        {upload.isPending && (
          <div className="resource-progress">
            <progress max={file!.size} value={sent} aria-label={t.sending} />
            {isBroken && <p className="small quiet">{broken}</p>}
          </div>
        )}
        {upload.isError && !isStopped && <ErrorNotice error={upload.error} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button main" disabled={upload.isPending || file === null}>
            {t.upload}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
