import * as z from "zod";
import { exportedNames, exportRows, type ExportedRow } from "../../service/exports.ts";
import { csv, csvAnswer } from "../../../http/csv.ts";
import { wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const maxRows = 10_000;

const cell = (value: ExportedRow[string]) =>
  value instanceof Date ? value.toISOString() : typeof value === "boolean" ? String(value) : value;

const table = (rows: ExportedRow[]) =>
  rows.length === 0 ? "" : csv([Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(cell))]);

export const exportRoute = route({
  method: "GET",
  path: "/api/exports/{table}/",
  summary: "All users, competitions or submissions as JSON or CSV, in parts, without anything secret (superusers)",
  access: "user",
  audited: true,
  params: z.object({ table: z.enum(exportedNames) }),
  query: z.object({
    after: wholeNumber(0, 2_147_483_647).default(0).meta({ description: "Return only rows with a greater id" }),
    limit: wholeNumber(1, maxRows).default(maxRows),
    format: z.enum(["json", "csv"]).default("json"),
  }),
  answer: {
    status: 200,
    description: "Rows in the order of their ids. If there are more, the header Link has the address of the next part",
    schema: z.array(z.looseObject({ id: z.int() })),
  },
  async handle({ context, actor, reason, params, query: { format, ...slice } }) {
    const { rows, next } = await exportRows(context, { actor, reason }, params.table, slice);
    const answer =
      format === "csv"
        ? csvAnswer(`${params.table}-after-${slice.after}.csv`, table(rows))
        : { status: 200, body: rows };
    if (next === null) return answer;
    const query = new URLSearchParams({ format, limit: String(slice.limit), after: String(next) });
    const link = `<${context.environment.PUBLIC_URL}/api/exports/${params.table}/?${query.toString()}>; rel="next"`;
    return { ...answer, headers: { ...("headers" in answer ? answer.headers : {}), link } };
  },
});
