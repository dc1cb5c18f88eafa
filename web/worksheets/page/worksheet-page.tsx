import "../../design/record-table.css";
import "./worksheet-page.css";
import "./editing.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useMemo, useState } from "react";
import { PageTitle } from "../../app/page-title.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { placeholderQuery, worksheetQuery } from "../queries.ts";
import { bundlesOf, type Block, type BundleInfo } from "../types.ts";
import { BlockFrame, type BlockActions } from "./block-frame.tsx";
import { BlockView } from "./block-view.tsx";
import { Head, type Asked } from "./head.tsx";
import { placesOf } from "./places.ts";
import { useSelection } from "./selection.ts";
import { useTexts } from "./texts.ts";
import { useEditing } from "./use-editing.ts";
import { useKeysOn } from "./use-keys.ts";
import { useSheetKeys } from "./use-sheet-keys.ts";
import { useDrop } from "./use-drop.ts";
import { useUploads } from "./use-uploads.ts";

const route = getRouteApi("/worksheets/$uuid");

// What only those need who change something is loaded when they do.
const Writer = lazy(() => import("./writer.tsx").then(({ Writer }) => ({ default: Writer })));
const Conflicts = lazy(() => import("./conflict.tsx").then(({ Conflicts }) => ({ default: Conflicts })));
const SelectionBar = lazy(() => import("./selection-bar.tsx").then(({ SelectionBar }) => ({ default: SelectionBar })));
const UploadPanel = lazy(() => import("./upload-panel.tsx").then(({ UploadPanel }) => ({ default: UploadPanel })));
const Sendings = lazy(() => import("./upload-panel.tsx").then(({ Sendings }) => ({ default: Sendings })));
const RunDialog = lazy(() => import("./run-dialog.tsx").then(({ RunDialog }) => ({ default: RunDialog })));
const Dialogs = lazy(() => import("./dialogs.tsx").then(({ Dialogs }) => ({ default: Dialogs })));

/** A worksheet: its blocks, and everything that those who may change it do with them. */
export function WorksheetPage() {
  const t = useTexts();
  const { uuid } = route.useParams();
  const client = useQueryClient();
  const { data: worksheet } = useSuspenseQuery(worksheetQuery(uuid));
  const [asked, setAsked] = useState<Asked>();
  const [running, setRunning] = useState<{ again: BundleInfo | null }>();
  const [keysOn, turnKeys] = useKeysOn();
  const canEdit = worksheet.permission === 2 && worksheet.frozen === null;
  const { blocks } = worksheet;
  const places = useMemo(() => placesOf(worksheet), [worksheet]);
  const editing = useEditing(uuid, worksheet, places);
  const { writing } = editing;
  const all = blocks.flatMap((block) =>
    block.mode === "placeholder_block"
      ? (client.getQueryData(placeholderQuery(uuid, block.directive).queryKey) ?? []).flatMap(bundlesOf)
      : bundlesOf(block),
  );
  const selection = useSelection(all);
  const uploads = useUploads(uuid);
  const isOver = useDrop(canEdit ? uploads.add : null);
  useSheetKeys({ worksheet, canEdit, editing, isOn: keysOn, ask: setAsked, run: setRunning });

  const writer = canEdit && writing.draft && !writing.conflict && (
    <Suspense fallback={null}>
      <Writer writing={writing} line={editing.line} isOutdated={editing.isOutdated} />
    </Suspense>
  );
  const isWhole = writing.draft?.block === null;
  // A draft of a worksheet that has changed since has no place among the blocks any more.
  const inPlace = writer && !isWhole && !editing.isOutdated ? writing.draft : null;
  const isInsert = inPlace !== null && inPlace.lines.from === inPlace.lines.to;
  const labelOf = (block: Block) => t.blocks[block.mode] + (block.mode === "markup_block" && block.error ? "!" : "");
  return (
    <div className="wrap sheet">
      <PageTitle>{worksheet.title || worksheet.name}</PageTitle>
      <Head worksheet={worksheet} canEdit={canEdit} ask={setAsked} onSource={() => editing.editSource()} />
      {canEdit && (
        <div className="sheet-tools" role="group" aria-label={t.tools}>
          <button type="button" className="button" onClick={() => editing.addText(blocks.length - 1)}>
            {t.newText}
          </button>
          <button type="button" className="button" onClick={() => setAsked("upload")}>
            {t.upload}
          </button>
          <button type="button" className="button" onClick={() => setRunning({ again: null })}>
            {t.newRun}
          </button>
          <span className="small quiet" role="status">
            {writing.wasJoined && t.joined}
            {editing.undo && t.removed}
          </span>
          {editing.undo && (
            <button type="button" className="button" onClick={() => void editing.undo?.()}>
              {t.undo}
            </button>
          )}
        </div>
      )}
      {isOver && <p className="sheet-over">{t.dropNow}</p>}
      <Suspense fallback={null}>
        {asked === "upload" && canEdit && <UploadPanel uploads={uploads} onClose={() => setAsked(undefined)} />}
        {uploads.sendings.length > 0 && <Sendings uploads={uploads} />}
      </Suspense>
      {writing.conflict && (
        <Suspense fallback={null}>
          <Conflicts writing={writing} conflict={writing.conflict} />
        </Suspense>
      )}
      {writing.error && !writing.draft && !writing.conflict && <ErrorNotice error={writing.error} />}
      {editing.shownSource && <ReadSource lines={worksheet.source} onClose={editing.hideSource} />}
      {writer && !inPlace && writer}
      {!isWhole && (
        <div className="sheet-blocks">
          {blocks.length === 0 && !writer && <Empty canEdit={canEdit} />}
          {inPlace?.block === -1 && writer}
          {blocks.map((block, at) => {
            const isEdited = inPlace?.block === at;
            const actions: BlockActions | null = canEdit
              ? {
                  edit: () => editing.editBlock(at),
                  addBelow: () => editing.addText(at),
                  move: (by) => void editing.move(at, null, by),
                  remove: () => void editing.remove(at),
                }
              : null;
            return (
              <Fragment key={at}>
                {(!isEdited || isInsert) && (
                  <BlockFrame
                    at={at}
                    label={labelOf(block)}
                    actions={actions}
                    isFirst={at === 0}
                    isLast={at === blocks.length - 1}
                  >
                    <BlockView uuid={uuid} block={block} at={at} selection={selection} />
                  </BlockFrame>
                )}
                {isEdited && writer}
              </Fragment>
            );
          })}
        </div>
      )}
      {selection.bundles.length > 0 && (
        <Suspense fallback={null}>
          <SelectionBar
            worksheet={uuid}
            selection={selection}
            onDetach={canEdit ? (bundles) => void editing.detach(bundles).then(selection.clear) : null}
            onRunAgain={canEdit ? (again) => setRunning({ again }) : null}
          />
        </Suspense>
      )}
      {running && (
        <Suspense fallback={null}>
          <RunDialog worksheet={uuid} bundles={all} again={running.again} onClose={() => setRunning(undefined)} />
        </Suspense>
      )}
      {asked && asked !== "upload" && (
        <Suspense fallback={null}>
          <Dialogs
            asked={asked}
            worksheet={worksheet}
            canEdit={canEdit}
            keysOn={keysOn}
            onTurnKeys={turnKeys}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Empty({ canEdit }: { canEdit: boolean }) {
  const t = useTexts();
  return (
    <div className="card sheet-empty">
      <h2>{t.empty}</h2>
      <p className="quiet">{canEdit ? t.emptyAbout : t.emptyReader}</p>
    </div>
  );
}

/** The source, for people who may not change it. */
function ReadSource({ lines, onClose }: { lines: string[]; onClose: () => void }) {
  const t = useTexts();
  return (
    <section className="card sheet-writer" aria-label={t.source}>
      <pre className="sheet-read-source" tabIndex={0}>
        {lines.join("\n")}
      </pre>
      <div className="sheet-writer-actions">
        <button type="button" className="button" onClick={onClose}>
          {t.close}
        </button>
      </div>
    </section>
  );
}
