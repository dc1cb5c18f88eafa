import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useSession } from "../../api/session.ts";
import { given } from "../../app/form.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Field } from "../../design/field.tsx";
import { createWorksheet } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** Makes a worksheet and opens it. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { user } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = async (form: FormData) => {
    const uuid = await createWorksheet(given(form, "name") ?? "");
    await client.invalidateQueries({ queryKey: ["worksheets"] });
    await navigate({ to: "/worksheets/$uuid/", params: { uuid } });
  };
  return (
    <ConfirmDialog title={t.create} action={t.createIt} isSafe onConfirm={create} onClose={onClose}>
      <Field
        label={t.name}
        hint={t.nameHint}
        name="name"
        required
        maxLength={200}
        placeholder={user ? `${user.username}-` : ""}
        spellCheck={false}
        autoComplete="off"
      />
      <p className="small quiet">{t.createAbout}</p>
    </ConfirmDialog>
  );
}
