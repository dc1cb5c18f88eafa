import "../../design/record-table.css";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { relative } from "../../app/format.ts";
import { Markdown } from "../../markup/markdown.tsx";
import { loadMath } from "../../markup/math.ts";
import { ErrorNotice } from "../../shell/problem.tsx";
import { placeholderQuery } from "../queries.ts";
import type { Block, MarkupBlock, PlaceholderBlock, SchemaBlock, SubworksheetsBlock } from "../types.ts";
import { useTexts } from "./texts.ts";

const SchemaTable = lazy(() => import("./schema-table.tsx").then(({ SchemaTable }) => ({ default: SchemaTable })));

/** A text. The formulas of one that was just written are loaded first. */
export function Text({ block: { text } }: { block: MarkupBlock }) {
  const [shown, setShown] = useState(text);
  useEffect(() => {
    let isWanted = true;
    void loadMath(text).then(() => isWanted && setShown(text));
    return () => void (isWanted = false);
  }, [text]);
  return <Markdown source={shown} />;
}

/** The worksheets that another one leads to. */
export function Subworksheets({ block }: { block: SubworksheetsBlock }) {
  const t = useTexts();
  return (
    <ul className="card sheet-worksheets">
      {block.subworksheet_infos.map((info, at) => {
        const {
          uuid,
          name,
          title,
          owner_name: owner,
          date_last_modified: changed,
        } = info as Partial<Record<string, string | null>> & { uuid: string };
        const isReadable = typeof changed === "string";
        return (
          <li key={`${uuid} ${at}`}>
            {isReadable ? (
              <Link to="/worksheets/$uuid/" params={{ uuid }} className="record-name">
                {title || name}
              </Link>
            ) : (
              <span className="quiet">
                {name === "<private>" ? t.privateWorksheet : t.missingWorksheet} <code>{uuid.slice(0, 10)}</code>
              </span>
            )}
            {isReadable && (
              <span className="small quiet">
                {title ? `${name} · ` : ""}
                {owner ? `${owner} · ` : ""}
                {t.changed(relative(changed))}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** How bundles are shown, for people who edit it. */
export function Schema({ block }: { block: SchemaBlock }) {
  const t = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="card sheet-schema" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {t.schema} <code>{block.schema_name}</code> <span className="quiet">{t.columns(block.field_rows.length)}</span>
      </summary>
      {isOpen && (
        <Suspense fallback={null}>
          <SchemaTable block={block} />
        </Suspense>
      )}
    </details>
  );
}

/** What a search finds. It is run when it comes into view. */
export function Placeholder(props: { uuid: string; block: PlaceholderBlock; show: (blocks: Block[]) => ReactNode }) {
  const t = useTexts();
  const { uuid, block, show } = props;
  const [element, isInView] = useInView();
  const { data, error } = useQuery({ ...placeholderQuery(uuid, block.directive), enabled: isInView });
  return (
    <div ref={element} className="sheet-search">
      <p className="small quiet">
        {t.searchOf} <code>{block.directive.replace(/^w?search\s*/, "")}</code>
      </p>
      {error ? <ErrorNotice error={error} /> : data === undefined ? <p role="status">{t.searching}</p> : show(data)}
      {data?.length === 0 && <p className="quiet">{t.foundNothing}</p>}
    </div>
  );
}

/** Whether an element has come into view, or is about to. */
function useInView() {
  const element = useRef<HTMLDivElement>(null);
  const [isInView, setInView] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setInView(true);
      },
      { rootMargin: "300px" },
    );
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, isInView] as const;
}
