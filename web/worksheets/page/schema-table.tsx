import "../../design/record-table.css";
import type { SchemaBlock } from "../types.ts";
import { useDetailTexts } from "./detail-texts.ts";

/** The columns that a schema defines. */
export function SchemaTable({ block }: { block: SchemaBlock }) {
  const t = useDetailTexts();
  return (
    <div className="sheet-scroll" role="region" aria-label={`${t.schema} ${block.schema_name}`} tabIndex={0}>
      <table className="record-table">
        <thead>
          <tr>
            <th scope="col">{t.column}</th>
            <th scope="col">{t.genpath}</th>
            <th scope="col">{t.post}</th>
          </tr>
        </thead>
        <tbody>
          {block.field_rows.map((row, at) => (
            <tr key={at}>
              <th scope="row">{row.field}</th>
              <td>
                <code>{row["generalized-path"]}</code>
              </td>
              <td>
                <code>{row["post-processor"]}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
