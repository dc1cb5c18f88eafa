import "../../../design/record-table.css";
import "./files.css";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { bytes } from "../../../app/format.ts";
import { Icon } from "../../../design/icons.tsx";
import { isFinal } from "../../states.tsx";
import { blobAddress } from "../blob.ts";
import { filesQuery } from "../queries.ts";
import { useTexts } from "../texts.ts";
import { hasFiles, isLive, nameOf, textOf, type Bundle, type FileInfo } from "../types.ts";
import { fileName } from "./kinds.ts";
import { Preview } from "./preview.tsx";

const route = getRouteApi("/bundles/$uuid");

/** What is in a bundle: a folder at a time, or a file. The path stands in the address. */
export function FilesCard({ bundle }: { bundle: Bundle }) {
  const { files: t } = useTexts();
  const { path = "" } = route.useSearch();
  const readable = hasFiles(bundle);
  const { data: info } = useQuery({ ...filesQuery(bundle, path), enabled: readable });
  const link = textOf(bundle, "link_url");
  return (
    <section className="card bundle-card" aria-labelledby="files-title">
      <div className="bundle-card-head">
        <h2 id="files-title">{t.title}</h2>
        {readable && info && info.type !== "link" && (
          <a href={blobAddress(bundle.uuid, path)} download className="button">
            <Icon name="download" />
            {path === "" ? t.all : info.type === "directory" ? t.folder : t.file}
          </a>
        )}
      </div>
      {path !== "" && <Crumbs bundle={bundle} path={path} />}
      {link !== "" ? (
        <p>
          {t.linked} <code>{link}</code>
        </p>
      ) : !readable ? (
        <p className="quiet">{isFinal(bundle.state) ? t.none : t.notYet}</p>
      ) : info === undefined ? (
        <p className="quiet bundle-loading" />
      ) : info === null ? (
        <p className="quiet">{path === "" ? (isFinal(bundle.state) ? t.none : t.notYet) : t.gone}</p>
      ) : info.type === "file" ? (
        <Preview key={path} bundle={bundle} path={path} info={info} />
      ) : info.type === "link" ? (
        <p>{t.leadsTo(info.link ?? "")}</p>
      ) : (
        <Folder path={path} info={info} note={isLive(bundle) ? t.live : null} />
      )}
    </section>
  );
}

/** A link to another path of the same bundle. */
function PathLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      from="/bundles/$uuid"
      to="/bundles/$uuid/"
      search={(before) => ({ ...before, path: to === "" ? undefined : to })}
      resetScroll={false}
      activeProps={{ "aria-current": undefined }}
    >
      {children}
    </Link>
  );
}

/** The folders above, up to the bundle itself. */
function Crumbs({ bundle, path }: { bundle: Bundle; path: string }) {
  const { files: t } = useTexts();
  const steps = path.split("/");
  return (
    <nav aria-label={t.path} className="submission-path files-path small">
      <PathLink to="">{nameOf(bundle)}</PathLink>
      {steps.slice(0, -1).map((step, at) => (
        <PathLink key={at} to={steps.slice(0, at + 1).join("/")}>
          {step}
        </PathLink>
      ))}
      <strong className="files-here">{fileName(bundle, path)}</strong>
    </nav>
  );
}

/** Folders first, and each by name. */
const inOrder = (contents: FileInfo[]): FileInfo[] =>
  contents.toSorted(
    (a, b) => Number(b.type === "directory") - Number(a.type === "directory") || a.name.localeCompare(b.name),
  );

function Folder({ path, info, note }: { path: string; info: FileInfo; note: string | null }) {
  const { files: t } = useTexts();
  const contents = inOrder(info.contents ?? []);
  return (
    <>
      {note !== null && <p className="small quiet">{note}</p>}
      {contents.length === 0 ? (
        <p className="quiet">{t.empty}</p>
      ) : (
        <div className="files-list">
          <table className="record-table">
            <thead>
              <tr>
                <th scope="col">{t.name}</th>
                <th scope="col" className="number">
                  {t.size}
                </th>
              </tr>
            </thead>
            <tbody>
              {contents.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    {one.type === "link" ? (
                      <>
                        {one.name} <span className="quiet">{t.leadsTo(one.link ?? "")}</span>
                      </>
                    ) : (
                      <PathLink to={path === "" ? one.name : `${path}/${one.name}`}>
                        {one.name}
                        {one.type === "directory" && "/"}
                      </PathLink>
                    )}
                  </th>
                  <td className="number">{one.type === "file" ? bytes(one.size) : t.kind[one.type]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
