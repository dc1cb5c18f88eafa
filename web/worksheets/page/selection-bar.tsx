import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { copyText } from "../../app/copy.ts";
import { number } from "../../app/format.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Check, Field, Select } from "../../design/field.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { restAddress } from "../api.ts";
import { createWorksheet, worksheetQuery, worksheetSearchQuery } from "../queries.ts";
import { isFinal } from "../states.tsx";
import { isSeen, nameOf, type BundleInfo, type ShownBundle } from "../types.ts";
import { addBundles, deleteBundles, killBundles } from "./changes.ts";
import type { Selection } from "./selection.ts";
import { useEditingTexts } from "./editing-texts.ts";

/** What can be done with the bundles that are chosen. */
export function SelectionBar(props: {
  worksheet: string;
  selection: Selection;
  /** Null: the reader may not change the worksheet. */
  onDetach: ((bundles: ShownBundle[]) => void) | null;
  onRunAgain: ((run: BundleInfo) => void) | null;
}) {
  const t = useEditingTexts();
  const client = useQueryClient();
  const { worksheet, selection, onDetach, onRunAgain } = props;
  const [asks, setAsks] = useState<"delete" | "add">();
  const [copied, setCopied] = useState<string>();
  const { bundles } = selection;
  const uuids = bundles.map(({ uuid }) => uuid);
  const ids = uuids.join("\n");
  const refresh = () => client.invalidateQueries({ queryKey: worksheetQuery(worksheet).queryKey });
  const kill = useMutation({ mutationFn: killBundles, onSettled: refresh });
  const seen = bundles.filter(isSeen);
  const own = seen.filter(({ permission }) => permission === 2);
  const working = own.filter(({ state }) => !isFinal(state));
  const downloads = seen.filter(({ state }) => state === "ready" || state === "failed" || state === "killed");
  const [only] = seen;
  return (
    <div className="sheet-selection" role="region" aria-label={t.selection}>
      <div className="sheet-selection-row">
        <b className="numbers" role="status">
          {t.chosen(bundles.length, number(bundles.length))}
        </b>
        <button
          type="button"
          className="button"
          onClick={() => void copyText(ids).then((isDone) => isDone && setCopied(ids))}
        >
          {copied === ids ? t.copied : t.copyIds}
        </button>
        {downloads.length > 0 && (
          <button type="button" className="button" onClick={() => downloads.forEach(download)}>
            {t.download}
          </button>
        )}
        <button type="button" className="button" onClick={() => setAsks("add")}>
          {t.addElsewhere}
        </button>
        {onRunAgain && bundles.length === 1 && only?.bundle_type === "run" && (
          <button type="button" className="button" onClick={() => onRunAgain(only)}>
            {t.runAgain}
          </button>
        )}
        {working.length > 0 && (
          <button
            type="button"
            className="button"
            disabled={kill.isPending}
            onClick={() => kill.mutate(working.map(({ uuid }) => uuid))}
          >
            {t.kill}
          </button>
        )}
        {onDetach && (
          <button type="button" className="button" onClick={() => onDetach(bundles)}>
            {t.detach}
          </button>
        )}
        {own.length > 0 && (
          <button type="button" className="button danger" onClick={() => setAsks("delete")}>
            {t.delete}
          </button>
        )}
        <button type="button" className="button" onClick={selection.clear}>
          {t.clear}
        </button>
      </div>
      {kill.isError && <ErrorNotice error={kill.error} />}
      {asks === "delete" && (
        <DeleteBundles
          bundles={own}
          onDone={() => {
            selection.clear();
            return refresh();
          }}
          onClose={() => setAsks(undefined)}
        />
      )}
      {asks === "add" && <AddElsewhere from={worksheet} uuids={uuids} onClose={() => setAsks(undefined)} />}
    </div>
  );
}

/** Has the browser save the contents of a bundle. */
function download(bundle: BundleInfo): void {
  const link = document.createElement("a");
  link.href = restAddress(`/bundles/${bundle.uuid}/contents/blob/`);
  link.download = nameOf(bundle);
  link.click();
}

function DeleteBundles(props: { bundles: BundleInfo[]; onDone: () => Promise<unknown>; onClose: () => void }) {
  const t = useEditingTexts();
  const { bundles, onDone, onClose } = props;
  const remove = async (form: FormData) => {
    const how = { force: form.has("force"), recursive: form.has("recursive") };
    await deleteBundles(
      bundles.map(({ uuid }) => uuid),
      how,
    );
    await onDone();
  };
  return (
    <ConfirmDialog
      title={t.deleteBundles(bundles.length, number(bundles.length))}
      action={t.delete}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t.deleteBundlesAbout}</p>
      <ul className="sheet-names">
        {bundles.map((bundle) => (
          <li key={bundle.uuid}>
            {nameOf(bundle)} <code className="quiet">{bundle.uuid.slice(0, 10)}</code>
          </li>
        ))}
      </ul>
      <Check name="recursive" label={t.alsoMade} />
      <Check name="force" label={t.force} hint={t.forceHint} />
    </ConfirmDialog>
  );
}

/** Adds bundles to the end of another worksheet of the reader's, or of a new one. */
function AddElsewhere({ from, uuids, onClose }: { from: string; uuids: string[]; onClose: () => void }) {
  const t = useEditingTexts();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState("");
  const keywords = words.split(/\s+/).filter((word) => word !== "");
  const { data = [] } = useQuery(worksheetSearchQuery([...keywords, ".limit=50"]));
  const sheets = data.filter(({ uuid, permission, frozen }) => uuid !== from && permission === 2 && frozen === null);
  const add = async (form: FormData) => {
    const name = form.get("new");
    const isNew = typeof name === "string" && name.trim() !== "";
    await addBundles(isNew ? await createWorksheet(name.trim()) : chosen, uuids);
  };
  return (
    <ConfirmDialog
      title={t.addTitle(uuids.length, number(uuids.length))}
      action={t.add}
      isSafe
      onConfirm={add}
      onClose={onClose}
    >
      <Field label={t.findSheet} type="search" value={words} onChange={({ target }) => setWords(target.value)} />
      <Select
        label={t.sheet}
        value={chosen}
        onChange={({ target }) => setChosen(target.value)}
        choices={[
          ["", t.chooseSheet] as const,
          ...sheets.map(({ uuid, name, title }) => [uuid, title ? `${title} (${name})` : name] as const),
        ]}
      />
      <Field label={t.orNew} hint={t.nameHint} name="new" maxLength={200} required={chosen === ""} />
    </ConfirmDialog>
  );
}
