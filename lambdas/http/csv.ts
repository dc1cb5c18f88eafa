import { attachment } from "../kernel/objects/file-name.ts";
import type { Answer } from "./route.ts";

type Cell = string | number | null;

/** Writes a table as CSV (RFC 4180). A leading apostrophe keeps spreadsheets from running texts as formulas. */
export const csv = (rows: Cell[][]): string => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  const text = !isNumber && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An answer that browsers save as a CSV file. The file name may contain any characters. */
export const csvAnswer = (fileName: string, body: string): Answer => ({
  status: 200,
  body,
  headers: { "content-type": "text/csv; charset=utf-8", "content-disposition": attachment(fileName) },
});
