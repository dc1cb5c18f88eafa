import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { text } from "../../app/search-params.ts";
import { Segments } from "../../design/segments.tsx";
import { worksheetSearchQuery } from "../queries.ts";
import { examples, kinds, type Kind } from "./keywords.ts";
import { bundleListQuery, hasOwnLimit, pageOf, pageSize, type DashboardAddress } from "./queries.ts";
import { BundleTable, WorksheetTable } from "./tables.tsx";
import { useTexts } from "./texts.ts";

/** Where people write what they search for. It stands in the address. */
export function SearchLine({ address: { q, kind = "worksheets" } }: { address: DashboardAddress }) {
  const t = useTexts();
  const navigate = useNavigate();
  return (
    <div className="sheets-search">
      <form
        role="search"
        aria-label={t.search}
        className="sheets-search-form"
        action={(form: FormData) =>
          void navigate({
            to: "/worksheets/",
            search: { q: text(form.get("q")), kind: kind === "bundles" ? kind : undefined },
          })
        }
      >
        <input
          // Another address has other words.
          key={q}
          type="search"
          name="q"
          className="input"
          defaultValue={q}
          placeholder={t.searchFor[kind]}
          aria-label={t.searchFor[kind]}
          spellCheck={false}
        />
        <button className="button">{t.search}</button>
      </form>
      {q !== undefined && (
        <Segments label={t.kind}>
          {kinds.map((one) => (
            <Link
              key={one}
              to="/worksheets/"
              search={{ q, kind: one === "bundles" ? one : undefined }}
              aria-current={one === kind ? "true" : undefined}
              activeOptions={{ exact: true }}
            >
              {t.kinds[one]}
            </Link>
          ))}
        </Segments>
      )}
      <Help kind={kind} />
    </div>
  );
}

/** The keys of the search language, each with an example that can be tried. */
function Help({ kind }: { kind: Kind }) {
  const t = useTexts();
  return (
    <details className="sheets-help">
      <summary className="small">{t.help}</summary>
      <p className="small">{t.helpAbout}</p>
      <dl className="sheets-keys">
        {examples
          .filter(({ of }) => (of as readonly Kind[]).includes(kind))
          .map(({ key, example }) => (
            <div key={key} className="sheets-key">
              <dt>
                {example.includes("…") ? (
                  <code>{example}</code>
                ) : (
                  <Link to="/worksheets/" search={{ q: example, kind: kind === "bundles" ? kind : undefined }}>
                    <code>{example}</code>
                  </Link>
                )}
              </dt>
              <dd>{t.keys[key]}</dd>
            </div>
          ))}
      </dl>
    </details>
  );
}

/** What the search finds. */
export const Results = ({ address }: { address: DashboardAddress }) => (
  <section className="sheets-part">
    {address.kind === "bundles" ? <Bundles address={address} /> : <Worksheets address={address} />}
  </section>
);

function Bundles({ address }: { address: DashboardAddress }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(bundleListQuery(pageOf(address)));
  if ("result" in data)
    return (
      <p className="card sheets-number">
        <strong className="numbers">{data.result}</strong> <span className="quiet">{t.number}</span>
      </p>
    );
  const shown = hasOwnLimit(address.q ?? "") ? data.bundles : data.bundles.slice(0, pageSize);
  return (
    <>
      <h2 className="hidden">{t.kinds.bundles}</h2>
      {shown.length === 0 ? <None address={address} /> : <BundleTable bundles={shown} owners />}
      <Pages address={address} hasNext={data.bundles.length > shown.length} />
    </>
  );
}

function Worksheets({ address }: { address: DashboardAddress }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(worksheetSearchQuery(pageOf(address)));
  const shown = hasOwnLimit(address.q ?? "") ? data : data.slice(0, pageSize);
  return (
    <>
      <h2 className="hidden">{t.kinds.worksheets}</h2>
      {shown.length === 0 ? <None address={address} /> : <WorksheetTable worksheets={shown} owners />}
      <Pages address={address} hasNext={data.length > shown.length} />
    </>
  );
}

/** Nothing was found: perhaps the other kind has it. */
function None({ address: { q, kind } }: { address: DashboardAddress }) {
  const t = useTexts();
  const other: Kind = kind === "bundles" ? "worksheets" : "bundles";
  return (
    <p className="card sheets-none">
      {t.none}{" "}
      <Link to="/worksheets/" search={{ q, kind: other === "bundles" ? other : undefined }}>
        {t.tryOther[other]}
      </Link>
    </p>
  );
}

function Pages({ address, hasNext }: { address: DashboardAddress; hasNext: boolean }) {
  const t = useTexts();
  const { page = 1 } = address;
  if (page === 1 && !hasNext) return null;
  return (
    <p className="small">
      {page > 1 && (
        <Link to="/worksheets/" search={{ ...address, page: page === 2 ? undefined : page - 1 }}>
          {t.previous}
        </Link>
      )}
      {page > 1 && hasNext && " · "}
      {hasNext && (
        <Link to="/worksheets/" search={{ ...address, page: page + 1 }}>
          {t.next}
        </Link>
      )}
    </p>
  );
}
