import "../competitions/list/list-page.css";
import "./resources.css";
import "./public-datasets-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { bytes, date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { SearchFilter, SelectFilter } from "../design/filters.tsx";
import { Pager } from "../competitions/pager.tsx";
import { DatasetSegments } from "./dataset-segments.tsx";
import { pageSize, publicDatasetsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/datasets/public");
const to = "/datasets/public/";

type Found = ReturnType<typeof usePublicDatasets>["results"][number];

const usePublicDatasets = () => useSuspenseQuery(publicDatasetsQuery(route.useSearch())).data;

/** Data that people offer to everybody. No login is needed. */
export function PublicDatasetsPage() {
  const t = useTexts();
  const address = route.useSearch();
  const { count, results } = usePublicDatasets();
  const isFiltered = address.q !== undefined || address.licensed !== undefined || address.verified !== undefined;
  return (
    <div className="wrap resources">
      <PageTitle>{t.publicDatasets}</PageTitle>
      <h1 className="resources-title">
        {t.publicDatasets} <span className="resources-count quiet numbers">{number(count)}</span>
      </h1>
      <div className="resources-tools">
        <DatasetSegments chosen="public" />
        <SearchFilter label={t.findPublic} value={address.q} />
        <ul className="chips" aria-label={t.filter}>
          {(["licensed", "verified"] as const).map((filter) => {
            const current = address[filter] ? "true" : undefined;
            return (
              <li key={filter}>
                <Link
                  to={to}
                  search={{ ...address, page: undefined, [filter]: current ? undefined : "yes" }}
                  className="chip"
                  aria-current={current}
                  activeOptions={{ exact: true, explicitUndefined: true }}
                >
                  {t[filter]}
                </Link>
              </li>
            );
          })}
        </ul>
        <SelectFilter
          name="sort"
          label={t.order}
          all={t.newest}
          value={address.sort}
          choices={[["most_downloaded", t.mostDownloaded]]}
        />
      </div>
      {results.length > 0 ? (
        <ul className="card public-datasets">
          {results.map((dataset) => (
            <Row key={dataset.id} dataset={dataset} />
          ))}
        </ul>
      ) : (
        <div className="card resources-none">
          {isFiltered ? (
            <p>
              {t.noMatch}{" "}
              <Link to={to} search={{}}>
                {t.clear}
              </Link>
            </p>
          ) : (
            <>
              <h2>{t.noPublic}</h2>
              <p className="quiet">{t.noPublicAbout}</p>
            </>
          )}
        </div>
      )}
      <Pager page={address.page ?? 1} pageSize={pageSize} count={count} />
    </div>
  );
}

function Row({ dataset }: { dataset: Found }) {
  const t = useTexts();
  const { id, name, description, license, file_size, downloads, is_verified, created_by, created_when } = dataset;
  return (
    <li className="public-dataset">
      <div className="public-dataset-text">
        <Link to="/datasets/$id/" params={{ id: String(id) }} className="public-dataset-name">
          {name}
        </Link>
        {is_verified && (
          <span className="resources-marks">
            <span className="pill good">{t.isVerified}</span>
          </span>
        )}
        {description !== null && <p className="quiet public-dataset-about">{description.trim().split("\n", 1)}</p>}
        <p className="small quiet">
          {[created_by, date(created_when), ...(license === null ? [] : [license])].join(" · ")}
        </p>
      </div>
      <p className="small numbers public-dataset-number">{file_size === null ? "–" : bytes(file_size)}</p>
      <p className="small numbers public-dataset-number">{t.downloads(downloads, number(downloads))}</p>
    </li>
  );
}
