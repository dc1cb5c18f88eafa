import "./record-table.css";
import type { ReactNode } from "react";

/** A table that scrolls by itself, also by keys, where it is wider than the page. */
export function ScrolledTable(props: {
  /** What it is a table of. */
  label: string;
  /** Its head, and the cells of the class `stuck`, stay in sight while it scrolls. */
  isSticky?: boolean;
  className?: string;
  children: ReactNode;
}) {
  const { label, isSticky = false, className = "", children } = props;
  return (
    <div className="card table-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className={`record-table ${isSticky ? "table-sticky" : ""} ${className}`}>{children}</table>
    </div>
  );
}

export interface Column<Row> {
  /** What stands above it. */
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right, below each other. */
  isNumber?: boolean;
}

/** Rows with the same columns. The first column names the row. A table wider than the page scrolls by itself. */
export function Table<Row>(props: {
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** What stands there instead of no rows. */
  empty: ReactNode;
}) {
  const { label, columns, rows, rowKey, empty } = props;
  if (rows.length === 0) return <div className="card table-empty quiet">{empty}</div>;
  const className = ({ isNumber }: Column<Row>) => (isNumber ? "number" : undefined);
  return (
    <ScrolledTable label={label}>
      <thead>
        <tr>
          {columns.map((column, at) => (
            <th key={at} scope="col" className={className(column)}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column, at) =>
              at === 0 ? (
                <th key={at} scope="row">
                  {column.cell(row)}
                </th>
              ) : (
                <td key={at} className={className(column)}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </ScrolledTable>
  );
}
