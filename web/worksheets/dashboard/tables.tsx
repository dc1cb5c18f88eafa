/** Worksheets and bundles in tables, as the dashboard, the search and people's pages show them. */
import "../../design/record-table.css";
import { Link } from "@tanstack/react-router";
import { bytes, dateTime, relative } from "../../app/format.ts";
import { nameOf, numberOf, textOf } from "../bundle/types.ts";
import { isFinal, StatePill } from "../states.tsx";
import type { WorksheetInfo } from "../types.ts";
import type { FoundBundle } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The owner of something, with the way to what is theirs. */
function Owner({ name }: { name: string | null }) {
  const t = useTexts();
  if (name === null) return <span className="quiet">{t.anonymous}</span>;
  return (
    <Link to="/worksheets/users/$name/" params={{ name }}>
      {name}
    </Link>
  );
}

const When = ({ moment }: { moment: string | number }) => (
  <time dateTime={new Date(moment).toISOString()} title={dateTime(moment)}>
    {relative(moment)}
  </time>
);

export function WorksheetTable({ worksheets, owners }: { worksheets: readonly WorksheetInfo[]; owners: boolean }) {
  const t = useTexts();
  return (
    <div className="card">
      <table className="record-table">
        <thead>
          <tr>
            <th scope="col">{t.worksheet}</th>
            {owners && (
              <th scope="col" className="wide tight">
                {t.owner}
              </th>
            )}
            <th scope="col" className="tight">
              {t.changed}
            </th>
          </tr>
        </thead>
        <tbody>
          {worksheets.map(({ uuid, name, title, tags, frozen, owner_name: owner, date_last_modified: changed }) => (
            <tr key={uuid}>
              <th scope="row" className="sheets-name">
                <Link to="/worksheets/$uuid/" params={{ uuid }} className="record-name">
                  {title || name}
                </Link>
                <p className="small quiet sheets-about">
                  {title && <span>{name}</span>}
                  {frozen !== null && <span>{t.frozen}</span>}
                  {tags.map((tag) => (
                    <Link
                      key={tag}
                      to="/worksheets/"
                      search={{ q: tag.includes(" ") ? `"tag=${tag}"` : `tag=${tag}` }}
                      className="sheets-tag"
                    >
                      {tag}
                    </Link>
                  ))}
                  {owners && <span className="narrow">{owner ?? t.anonymous}</span>}
                </p>
              </th>
              {owners && (
                <td className="wide tight">
                  <Owner name={owner} />
                </td>
              )}
              <td className="tight">
                <When moment={changed} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function BundleTable({ bundles, owners }: { bundles: readonly FoundBundle[]; owners: boolean }) {
  const t = useTexts();
  return (
    <div className="card">
      <table className="record-table">
        <thead>
          <tr>
            <th scope="col">{t.bundle}</th>
            <th scope="col" className="tight">
              {t.state}
            </th>
            {owners && (
              <th scope="col" className="wide tight">
                {t.owner}
              </th>
            )}
            <th scope="col" className="wide number">
              {t.size}
            </th>
            <th scope="col" className="wide tight">
              {t.created}
            </th>
          </tr>
        </thead>
        <tbody>
          {bundles.map((bundle) => (
            <BundleRow key={bundle.uuid} bundle={bundle} owners={owners} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BundleRow({ bundle, owners }: { bundle: FoundBundle; owners: boolean }) {
  const { uuid, state, owner } = bundle;
  const size = numberOf(bundle, "data_size");
  const created = (numberOf(bundle, "created") ?? 0) * 1000;
  return (
    <tr>
      <th scope="row" className="sheets-name">
        <Link to="/bundles/$uuid/" params={{ uuid }} className="record-name">
          {nameOf(bundle)}
        </Link>
        <About bundle={bundle} />
      </th>
      <td className="tight">{state !== null && <StatePill state={state} />}</td>
      {owners && (
        <td className="wide tight">
          <Owner name={owner} />
        </td>
      )}
      <td className="wide number">{size !== null && isFinal(state) && bytes(size)}</td>
      <td className="wide tight">
        <When moment={created} />
      </td>
    </tr>
  );
}

/** What a bundle is: its command, what it was made from, or how it is described. One that is not ready says why. */
function About({ bundle }: { bundle: FoundBundle }) {
  const t = useTexts();
  const { bundle_type: type, state, command, dependencies, state_details: details } = bundle;
  const description = textOf(bundle, "description");
  const why = state === "ready" || state === "running" ? "" : textOf(bundle, "failure_message") || details;
  const what =
    command !== null ? (
      <code>{command}</code>
    ) : type === "make" ? (
      t.madeOf(dependencies.map(({ parent_name, parent_uuid }) => parent_name ?? parent_uuid.slice(0, 8)))
    ) : (
      description
    );
  return (
    <>
      <p className="small quiet sheets-line">{what}</p>
      {why && <p className={`small sheets-line ${state === "failed" ? "sheets-why" : "quiet"}`}>{why}</p>}
    </>
  );
}
