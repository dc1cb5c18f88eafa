import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { given } from "../../../app/form.ts";
import { ConfirmDialog } from "../../../design/confirm-dialog.tsx";
import { Field, Select, TextArea } from "../../../design/field.tsx";
import { worksheetSearchQuery } from "../../queries.ts";
import { createRun } from "../queries.ts";
import { useTexts } from "../texts.ts";
import { nameOf, numberOf, textOf, type Bundle } from "../types.ts";
import { askedAgain } from "./asked-again.ts";

/** Makes a new run like one that there is, with what people change of it. */
export function RerunDialog({ bundle, onClose }: { bundle: Bundle; onClose: () => void }) {
  const { rerun: t } = useTexts();
  const navigate = useNavigate();
  const { data: own } = useQuery(worksheetSearchQuery([".mine", ".limit=200"]));
  const worksheets = own ?? [];
  const host = bundle.hosts.find(({ uuid }) => worksheets.some((one) => one.uuid === uuid));
  const [chosen, choose] = useState<string | null>(null);
  const worksheet = chosen ?? host?.uuid ?? "";
  const start = async (form: FormData) => {
    const text = (name: string) => given(form, name) ?? "";
    const uuid = await createRun(
      {
        command: text("command"),
        metadata: askedAgain(bundle.metadata, {
          name: text("name"),
          request_docker_image: text("image"),
          request_memory: text("memory"),
          request_time: text("time"),
          request_gpus: Number(text("gpus")),
        }),
        dependencies: bundle.dependencies.map(({ child_path, parent_uuid, parent_path }) => ({
          child_path,
          parent_uuid,
          parent_path,
        })),
      },
      worksheet,
    );
    await navigate({ to: "/bundles/$uuid/", params: { uuid }, search: {} });
  };
  return (
    <ConfirmDialog
      title={t.title}
      action={t.start}
      isSafe
      isReady={own !== undefined}
      onConfirm={start}
      onClose={onClose}
    >
      <p>{t.about}</p>
      <TextArea label={t.command} name="command" defaultValue={bundle.command ?? ""} required spellCheck={false} />
      {bundle.dependencies.length > 0 && (
        <div className="small">
          <p className="quiet">{t.inputs}</p>
          <ul className="bundle-inputs">
            {bundle.dependencies.map(({ child_path: key, parent_name: name, parent_uuid: uuid, parent_path: path }) => (
              <li key={key}>
                {key}: {name ?? uuid}
                {path !== "" && `/${path}`}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Field label={t.name} name="name" defaultValue={nameOf(bundle)} required maxLength={250} />
      <Select
        label={t.worksheet}
        value={worksheet}
        onChange={({ target }) => choose(target.value)}
        choices={[["", t.home], ...worksheets.map(({ uuid, name, title }) => [uuid, title || name] as const)]}
      />
      <Field label={t.image} name="image" defaultValue={textOf(bundle, "request_docker_image")} spellCheck={false} />
      <div className="bundle-row">
        <Field
          label={t.memory}
          hint={t.memoryHint}
          name="memory"
          defaultValue={textOf(bundle, "request_memory")}
          spellCheck={false}
        />
        <Field
          label={t.time}
          hint={t.timeHint}
          name="time"
          defaultValue={textOf(bundle, "request_time")}
          spellCheck={false}
        />
        <Field
          label={t.gpus}
          name="gpus"
          type="number"
          min={0}
          step={1}
          defaultValue={numberOf(bundle, "request_gpus") ?? 0}
        />
      </div>
    </ConfirmDialog>
  );
}
