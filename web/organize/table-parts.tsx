/** Parts of the tables for organizers. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { changed } from "../app/address.ts";
import { ScrolledTable } from "../design/table.tsx";
import { useOrganizeTexts } from "./texts.ts";

/** A table that scrolls by itself where it is wider than the page. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  const t = useOrganizeTexts();
  return <ScrolledTable label={t.table(label)}>{children}</ScrolledTable>;
}

/** The header of a column by which the whole list can be sorted. The order stands in the address. */
export function SortHeader(props: {
  by: string;
  /** What the address says now; `standard` is the order without it. */
  sort: string | undefined;
  standard: string;
  isDescendingFirst?: boolean;
  className?: string;
  children: string;
}) {
  const t = useOrganizeTexts();
  const { by, sort, standard, isDescendingFirst = false, className, children } = props;
  const now = sort ?? standard;
  const [first, second] = isDescendingFirst ? [`-${by}`, by] : [by, `-${by}`];
  const next = now === first ? second : first;
  const direction = now === by ? "ascending" : now === `-${by}` ? "descending" : undefined;
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <Link
        className="org-sort"
        title={t.sortBy(children)}
        {...changed({ sort: next === standard ? undefined : next })}
      >
        {children}
        {direction && <span aria-hidden="true">{direction === "ascending" ? " ↑" : " ↓"}</span>}
      </Link>
    </th>
  );
}

/** Which rows of a page are selected. */
export interface Selection {
  ids: ReadonlySet<number>;
  set: (ids: ReadonlySet<number>) => void;
}

/** A box in a table's head that selects all rows of the page. */
export function SelectAll({ selection, page }: { selection: Selection; page: number[] }) {
  const t = useOrganizeTexts();
  const all = page.length > 0 && page.every((id) => selection.ids.has(id));
  return (
    <th scope="col" className="tight">
      <input
        type="checkbox"
        aria-label={t.selectAll}
        checked={all}
        disabled={page.length === 0}
        onChange={() => selection.set(new Set(all ? [] : page))}
      />
    </th>
  );
}

export function SelectRow({ selection, id, name }: { selection: Selection; id: number; name: string }) {
  const t = useOrganizeTexts();
  return (
    <td className="tight">
      <input
        type="checkbox"
        aria-label={t.select(name)}
        checked={selection.ids.has(id)}
        onChange={({ target }) => {
          const next = new Set(selection.ids);
          if (target.checked) next.add(id);
          else next.delete(id);
          selection.set(next);
        }}
      />
    </td>
  );
}

/** What stands above a list: the filters on the left, what is done with all of it on the right. */
export const Tools = ({ children, actions }: { children: ReactNode; actions: ReactNode }) => (
  <div className="org-tools">
    <div className="org-filters">{children}</div>
    <div className="org-actions">{actions}</div>
  </div>
);
