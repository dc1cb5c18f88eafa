import "../../design/record-table.css";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isList, numberOf, textOf } from "../../../lambdas/worksheets/rules/value.ts";
import { number } from "../../app/format.ts";
import { Icon } from "../../design/icons.tsx";
import { BundleLink } from "../bundle-link.tsx";
import { rowsQuery } from "../queries.ts";
import { StatePill } from "../states.tsx";
import { isPending, isSeen, nameOf, type Cell, type RecordBlock, type ShownBundle, type TableBlock } from "../types.ts";
import type { Selection } from "./selection.ts";
import { useTexts } from "./texts.ts";

/** So many rows are shown at first. */
const rowsAtFirst = 300;

/** A row for each bundle. */
export function BundleTable({ block, at, selection }: { block: TableBlock; at: number; selection: Selection }) {
  const t = useTexts();
  const [all, setAll] = useState(false);
  const { data = block.rows } = useQuery(rowsQuery(block));
  const {
    header,
    bundles_spec: { bundle_infos: bundles, uuid_spec: uuids },
  } = block;
  const named = header.includes("name") ? "name" : header[0];
  const numeric = new Set(header.filter((name) => isNumeric(data, name)));
  const shown = all ? data : data.slice(0, rowsAtFirst);
  const isAllChosen = uuids.every((uuid) => selection.has(uuid));
  return (
    <>
      <div className="sheet-scroll" role="region" aria-label={t.tableOf(uuids.length)} tabIndex={0}>
        <table className="record-table sheet-table">
          <thead>
            <tr>
              <td className="tight">
                <input
                  type="checkbox"
                  aria-label={t.selectAll}
                  checked={isAllChosen}
                  onChange={() => selection.choose(bundles, !isAllChosen)}
                />
              </td>
              {header.map((name) => (
                <th key={name} scope="col" className={numeric.has(name) ? "number" : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => {
              const bundle = bundles[index]!;
              return (
                <tr
                  key={`${bundle.uuid} ${bundle.id}`}
                  data-place={`${at},${index}`}
                  tabIndex={-1}
                  aria-selected={undefined}
                  className={selection.has(bundle.uuid) ? "chosen" : undefined}
                >
                  <td className="tight">
                    <input
                      type="checkbox"
                      aria-label={t.select(nameOf(bundle))}
                      checked={selection.has(bundle.uuid)}
                      onChange={({ target }) => selection.choose([bundle], target.checked)}
                    />
                  </td>
                  {header.map((name) => (
                    <td key={name} className={numeric.has(name) ? "number" : undefined}>
                      <TableCell bundle={bundle} name={name} value={row[name] ?? null} isNamed={name === named} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {shown.length < data.length && (
        <button type="button" className="button sheet-more" onClick={() => setAll(true)}>
          {t.showRows(number(data.length))}
        </button>
      )}
    </>
  );
}

function TableCell(props: { bundle: ShownBundle; name: string; value: Cell; isNamed: boolean }) {
  const { bundle, name, value, isNamed } = props;
  if (isNamed) return <NamedBundle bundle={bundle}>{shownText(value)}</NamedBundle>;
  if (isSeen(bundle) && name === "state" && typeof value === "string" && value === bundle.state)
    return <StatePill state={value} />;
  return <CellText value={value} />;
}

/** A bundle by a name that leads to it, as far as the reader may go there. */
function NamedBundle({ bundle, children }: { bundle: ShownBundle; children: string }) {
  const t = useTexts();
  if (isSeen(bundle))
    return <BundleLink uuid={bundle.uuid}>{children || nameOf(bundle) || bundle.uuid.slice(0, 10)}</BundleLink>;
  const isPrivate = "bundle_type" in bundle;
  return (
    <span className="quiet sheet-hidden-bundle">
      {isPrivate && <Icon name="lock" />}
      {isPrivate ? t.privateBundle : t.missingBundle} <code>{bundle.uuid.slice(0, 10)}</code>
    </span>
  );
}

function shownText(value: Cell): string {
  if (isPending(value)) return "";
  // Such as tags.
  return isList(value) ? value.map(textOf).join(", ") : textOf(value);
}

/** A value. One that stands in a file comes a moment later. */
function CellText({ value }: { value: Cell }) {
  const t = useTexts();
  if (isPending(value))
    return (
      <span className="quiet" role="img" aria-label={t.reading}>
        …
      </span>
    );
  const text = shownText(value);
  return text.length > 120 ? <span title={text}>{text.slice(0, 120)}…</span> : text;
}

const isNumeric = (rows: readonly Record<string, Cell>[], name: string): boolean => {
  const values = rows.map((row) => row[name] ?? null).filter((value) => value !== null && value !== "");
  return values.length > 0 && values.every((value) => !isPending(value) && numberOf(value) !== undefined);
};

/** The values of one bundle below each other. */
export function BundleRecord({ block }: { block: RecordBlock }) {
  const { data = block.rows } = useQuery(rowsQuery(block));
  const bundle = block.bundles_spec.bundle_infos[0];
  return (
    <div className="card sheet-record">
      {bundle && <NamedBundle bundle={bundle}>{nameOf(bundle)}</NamedBundle>}
      <dl>
        {data.map(({ key, value }, at) => (
          <div key={`${shownText(key ?? null)} ${at}`}>
            <dt className="small quiet">{shownText(key ?? null).replace(/:$/, "")}</dt>
            <dd>
              <CellText value={value ?? null} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
