import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, ask } from "../../api/client.ts";
import { given } from "../../app/form.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Check, Field, Select, TextArea } from "../../design/field.tsx";
import { bundleSearchQuery, worksheetQuery } from "../queries.ts";
import { isSeen, nameOf, type BundleInfo, type ShownBundle } from "../types.ts";
import { makeBundle } from "./changes.ts";
import { useEditingTexts } from "./editing-texts.ts";

/** What a run depends on, under its key. */
interface Dependency {
  key: string;
  uuid: string;
  name: string;
  path: string;
}

/** The queues that the reader may use. */
const queuesQuery = {
  queryKey: ["queues", "for runs"],
  queryFn: () => ask(api.GET("/api/queues/", { params: { query: { page_size: 100 } } })),
};

const dependenciesOf = (run: BundleInfo | null): Dependency[] =>
  (run?.dependencies ?? []).map(({ child_path, parent_uuid, parent_name, parent_path }) => ({
    key: child_path,
    uuid: parent_uuid,
    name: parent_name ?? parent_uuid.slice(0, 10),
    path: parent_path,
  }));

/** Asks for a command, what it depends on and what it needs. `again` is a run that is to be run once more. */
export function RunDialog(props: {
  worksheet: string;
  bundles: readonly ShownBundle[];
  again: BundleInfo | null;
  onClose: () => void;
}) {
  const t = useEditingTexts();
  const client = useQueryClient();
  const { worksheet, bundles, again, onClose } = props;
  const { data: queues } = useQuery(queuesQuery);
  const [dependencies, setDependencies] = useState(() => dependenciesOf(again));
  const was = (name: string, otherwise = "") => String(again?.metadata[name] ?? otherwise);
  const run = async (form: FormData) => {
    const command = given(form, "command") ?? "";
    const count = (name: string) => Number(given(form, name) ?? 0);
    await makeBundle(worksheet, {
      bundle_type: "run",
      command,
      metadata: {
        name: given(form, "name") ?? nameFor(command),
        description: "",
        tags: [],
        allow_failed_dependencies: form.has("allow_failed"),
        request_docker_image: given(form, "image") ?? "",
        request_time: given(form, "time") ?? "",
        request_memory: given(form, "memory") ?? "2g",
        request_disk: given(form, "disk") ?? "",
        request_cpus: count("cpus"),
        request_gpus: count("gpus"),
        request_queue: given(form, "queue") ?? "",
        request_priority: 0,
        request_network: form.has("network"),
        exclude_patterns: [],
      },
      dependencies: dependencies.map(({ key, uuid, path }) => ({
        child_path: key,
        parent_uuid: uuid,
        parent_path: path,
      })),
    });
    await client.invalidateQueries({ queryKey: worksheetQuery(worksheet).queryKey });
  };
  return (
    <ConfirmDialog title={t.newRun} action={t.run} isSafe onConfirm={run} onClose={onClose}>
      <TextArea
        label={t.command}
        hint={t.commandHint}
        name="command"
        defaultValue={again?.command ?? ""}
        required
        rows={2}
        autoFocus
      />
      <Dependencies all={bundles} chosen={dependencies} onChange={setDependencies} />
      <Field label={t.image} hint={t.imageHint} name="image" defaultValue={was("request_docker_image")} />
      <details className="sheet-limits">
        <summary>{t.limits}</summary>
        <div className="sheet-limit-fields">
          <Field label={t.runName} name="name" defaultValue={was("name")} maxLength={64} />
          <Field label={t.time} hint={t.timeHint} name="time" defaultValue={was("request_time")} />
          <Field label={t.memory} hint={t.sizeHint} name="memory" defaultValue={was("request_memory", "2g")} />
          <Field label={t.disk} hint={t.sizeHint} name="disk" defaultValue={was("request_disk")} />
          <Field label={t.cpus} name="cpus" type="number" min={1} defaultValue={was("request_cpus", "1")} />
          <Field label={t.gpus} name="gpus" type="number" min={0} defaultValue={was("request_gpus", "0")} />
        </div>
        <Select
          key={queues?.count}
          label={t.queue}
          name="queue"
          defaultValue={was("request_queue")}
          choices={[
            ["", t.usualQueue],
            ...[...new Set([was("request_queue"), ...(queues?.results.map(({ name }) => name) ?? [])])]
              .filter((name) => name !== "")
              .map((name) => [name, name] as const),
          ]}
        />
        <Check label={t.network} name="network" defaultChecked={again?.metadata["request_network"] !== false} />
        <Check
          label={t.allowFailed}
          name="allow_failed"
          defaultChecked={again?.metadata["allow_failed_dependencies"] === true}
        />
      </details>
    </ConfirmDialog>
  );
}

/** `run-` and the first word of the command, as `cl` names runs. */
function nameFor(command: string): string {
  const name = `run-${command
    .trim()
    .split(/\s+/)[0]!
    .replace(/[^\w.-]+/g, "-")}`;
  return name.length <= 32 ? name : `${name.slice(0, 15)}..${name.slice(-15)}`;
}

/** At most so many are offered at once. */
const offered = 6;

/** Finds bundles by their name, first on the worksheet, then anywhere, and gives each a key. */
function Dependencies(props: {
  all: readonly ShownBundle[];
  chosen: readonly Dependency[];
  onChange: (chosen: Dependency[]) => void;
}) {
  const t = useEditingTexts();
  const id = useId();
  const { all, chosen, onChange } = props;
  const [words, setWords] = useState("");
  const isNew = ({ uuid }: { uuid: string }) => !chosen.some((one) => one.uuid === uuid);
  const fits = (bundle: ShownBundle) =>
    nameOf(bundle).toLowerCase().includes(words.trim().toLowerCase()) || bundle.uuid.startsWith(words.trim());
  const here = [...new Map(all.map((bundle) => [bundle.uuid, bundle])).values()].filter(
    (bundle) => isSeen(bundle) && isNew(bundle) && fits(bundle),
  );
  const isLong = words.trim().length >= 2;
  const { data: found = [] } = useQuery({
    ...bundleSearchQuery([...words.trim().split(/\s+/), `.limit=${offered}`]),
    enabled: isLong,
  });
  const elsewhere = isLong ? found.filter((one) => isNew(one) && !here.some(({ uuid }) => uuid === one.uuid)) : [];
  const add = (bundle: { uuid: string; metadata: Readonly<Record<string, unknown>> }) => {
    const name = nameOf(bundle);
    const taken = chosen.filter(({ key }) => key === name || key.startsWith(`${name}-`)).length;
    onChange([...chosen, { key: taken === 0 ? name : `${name}-${taken + 1}`, uuid: bundle.uuid, name, path: "" }]);
    setWords("");
  };
  const change = (at: number, values: Partial<Dependency>) =>
    onChange(chosen.map((one, index) => (index === at ? { ...one, ...values } : one)));
  return (
    <fieldset className="sheet-dependencies">
      <legend>{t.dependencies}</legend>
      {chosen.length > 0 && (
        <ul>
          {chosen.map((one, at) => (
            <li key={one.uuid}>
              <input
                className="input"
                aria-label={t.keyOf(one.name)}
                value={one.key}
                onChange={({ target }) => change(at, { key: target.value })}
              />
              <span>
                <b>{one.name}</b> <code className="small quiet">{one.uuid.slice(0, 10)}</code>
              </span>
              <input
                className="input"
                aria-label={t.pathIn(one.name)}
                placeholder={t.wholeBundle}
                value={one.path}
                onChange={({ target }) => change(at, { path: target.value.replace(/^\/+/, "") })}
              />
              <button
                type="button"
                className="button"
                onClick={() => onChange(chosen.filter((_one, index) => index !== at))}
              >
                {t.remove} <span className="hidden">{one.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        id={id}
        type="search"
        className="input"
        aria-label={t.findBundle}
        placeholder={t.findBundle}
        value={words}
        onChange={({ target }) => setWords(target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          // It chooses a bundle and does not start the run.
          event.preventDefault();
          const first = here[0] ?? elsewhere[0];
          if (first && words.trim() !== "") add(first);
        }}
      />
      <ul className="sheet-offers" aria-label={t.found}>
        {[...here.slice(0, offered), ...elsewhere].map((bundle) => (
          <li key={bundle.uuid}>
            <button type="button" className="button" onClick={() => add(bundle)}>
              {nameOf(bundle)} <code className="quiet">{bundle.uuid.slice(0, 6)}</code>
            </button>
          </li>
        ))}
      </ul>
      <p className="small quiet" role="status">
        {words.trim() !== "" && here.length + elsewhere.length === 0 && t.noBundle}
      </p>
    </fieldset>
  );
}
