import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bytes, number } from "../../../app/format.ts";
import { Segments } from "../../../design/segments.tsx";
import { ErrorNotice } from "../../../shell/problem.tsx";
import { blobAddress } from "../blob.ts";
import { beginningQuery } from "../queries.ts";
import { useTexts } from "../texts.ts";
import type { Bundle, FileInfo } from "../types.ts";
import { fileName, firstBytes, moreTimes, mostBytes, previewOf, separatorOf } from "./kinds.ts";
import { rowsOf } from "./table.ts";

interface PreviewProps {
  bundle: Bundle;
  path: string;
  info: FileInfo;
}

/** A file: as a picture, a table or a text. */
export function Preview({ bundle, path, info }: PreviewProps) {
  if (previewOf(bundle, path, info) === "image")
    return (
      <div className="files-image">
        <img src={blobAddress(bundle.uuid, path)} alt={fileName(bundle, path)} />
      </div>
    );
  return <TextPreview bundle={bundle} path={path} info={info} />;
}

function TextPreview({ bundle, path, info }: PreviewProps) {
  const { files: t } = useTexts();
  const [wanted, want] = useState(firstBytes);
  const [asText, showText] = useState(false);
  const { data, error, isFetching } = useQuery({
    ...beginningQuery(bundle, path, wanted),
    enabled: info.size > 0,
  });
  if (info.size === 0) return <p className="quiet">{t.emptyFile}</p>;
  if (error) return <ErrorNotice error={error} />;
  if (!data) return <p className="quiet bundle-loading" />;
  if (data.isBinary) return <p className="quiet">{t.binary}</p>;
  const name = fileName(bundle, path);
  const separator = separatorOf(name);
  return (
    <>
      {separator !== null && (
        <Segments label={t.view}>
          {[false, true].map((text) => (
            <button
              key={String(text)}
              type="button"
              aria-current={asText === text ? "true" : undefined}
              onClick={() => showText(text)}
            >
              {text ? t.asText : t.asTable}
            </button>
          ))}
        </Segments>
      )}
      {separator !== null && !asText ? (
        <Table name={name} rows={rowsOf(data.text, separator, mostRows + 1)} />
      ) : (
        <pre className="files-text" tabIndex={0} role="region" aria-label={t.contentsOf(name)}>
          {data.text}
        </pre>
      )}
      {info.size > wanted && (
        <p className="small quiet files-more">
          {t.shown(bytes(wanted), bytes(info.size))}
          {wanted < mostBytes ? (
            <button
              type="button"
              className="button"
              disabled={isFetching}
              onClick={() => want(Math.min(wanted * moreTimes, mostBytes))}
            >
              {t.more}
            </button>
          ) : (
            ` · ${t.tooLarge}`
          )}
        </p>
      )}
    </>
  );
}

const mostRows = 200;

/** The first rows of a table. */
function Table({ name, rows }: { name: string; rows: string[][] }) {
  const { files: t } = useTexts();
  const [head = [], ...body] = rows;
  const shown = body.slice(0, mostRows);
  return (
    <>
      <div className="files-table" tabIndex={0} role="region" aria-label={t.contentsOf(name)}>
        <table>
          <thead>
            <tr>
              {head.map((cell, at) => (
                <th key={at} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) => (
                  <td key={column} data-number={cell !== "" && Number.isFinite(Number(cell))}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {body.length >= mostRows && <p className="small quiet">{t.rows(number(mostRows))}</p>}
    </>
  );
}
