import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { given } from "../../app/form.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Check, Field } from "../../design/field.tsx";
import { worksheetQuery } from "../queries.ts";
import type { Worksheet } from "../types.ts";
import { changeWorksheet, deleteWorksheet } from "./changes.ts";
import { useEditingTexts } from "./editing-texts.ts";

type Props = { worksheet: Worksheet; onClose: () => void };

/** Name, title and tags of a worksheet, whether it is frozen, and whether its owner is shown. */
export function SettingsDialog({ worksheet, onClose }: Props) {
  const t = useEditingTexts();
  const client = useQueryClient();
  const { uuid, name, title, tags, frozen, is_anonymous: isAnonymous } = worksheet;
  const save = async (form: FormData) => {
    const isFrozen = form.has("frozen");
    await changeWorksheet(uuid, {
      name: given(form, "name") ?? "",
      title: given(form, "title") ?? "",
      tags: (given(form, "tags") ?? "").split(/[\s,]+/).filter((tag) => tag !== ""),
      is_anonymous: form.has("anonymous"),
      // One that is frozen changes only in a request that unfreezes it. It is frozen again by the next.
      ...((isFrozen || frozen !== null) && { frozen: frozen === null }),
    });
    if (isFrozen && frozen !== null) await changeWorksheet(uuid, { frozen: true });
    await client.invalidateQueries({ queryKey: worksheetQuery(uuid).queryKey });
  };
  return (
    <ConfirmDialog title={t.settings} action={t.save} isSafe onConfirm={save} onClose={onClose}>
      <Field label={t.title} name="title" defaultValue={title ?? ""} maxLength={1000} />
      <Field label={t.name} hint={t.nameHint} name="name" defaultValue={name} maxLength={200} required />
      <Field label={t.tags} hint={t.tagsHint} name="tags" defaultValue={tags.join(" ")} />
      <Check label={t.freeze} hint={t.freezeHint} name="frozen" defaultChecked={frozen !== null} />
      <Check label={t.anonymous} hint={t.anonymousHint} name="anonymous" defaultChecked={isAnonymous} />
    </ConfirmDialog>
  );
}

export function DeleteDialog({ worksheet: { uuid, name, source }, onClose }: Props) {
  const t = useEditingTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await deleteWorksheet(uuid);
    await navigate({ to: "/worksheets/", search: {} });
    client.removeQueries({ queryKey: worksheetQuery(uuid).queryKey });
    await client.invalidateQueries({ queryKey: ["worksheets"] });
  };
  return (
    <ConfirmDialog title={t.deleteTitle(name)} action={t.deleteSheet} onConfirm={remove} onClose={onClose}>
      <p>{t.deleteAbout(source.length)}</p>
    </ConfirmDialog>
  );
}
