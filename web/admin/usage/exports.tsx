import { useMutation } from "@tanstack/react-query";
import { ErrorNotice } from "../../shell/problem.tsx";
import { api, ask } from "../../api/client.ts";
import { useTexts } from "./texts.ts";

const tables = ["users", "competitions", "submissions"] as const;
type Name = (typeof tables)[number];

/** A part of a table, and the id after which the next one begins. */
async function partOf(table: Name, after: number): Promise<{ text: string; next: number | null }> {
  const answer = api.GET("/api/exports/{table}/", {
    params: { path: { table }, query: { format: "csv", after } },
    parseAs: "text",
  });
  const text = await ask<string>(answer);
  const { headers } = (await answer).response;
  const next = /[?&]after=(\d+)/.exec(headers.get("link") ?? "")?.[1];
  return { text, next: next === undefined ? null : Number(next) };
}

/** Reads a whole table, which comes in parts. The head of each stands only once. */
async function wholeTable(table: Name): Promise<Blob> {
  const parts: string[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const { text, next } = await partOf(table, after);
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    after = next;
  }
  return new Blob(parts, { type: "text/csv" });
}

/** Gives a file to the reader, as a link to it would. */
function save(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Whole tables of the platform. */
export function Exports() {
  const t = useTexts();
  const download = useMutation({
    mutationFn: async (table: Name) => save(`${table}.csv`, await wholeTable(table)),
  });
  return (
    <section className="card admin-panel">
      <h2>{t.exports}</h2>
      <p className="admin-lead quiet">{t.aboutExports}</p>
      <div className="admin-buttons">
        {tables.map((table) => {
          const isBusy = download.isPending && download.variables === table;
          return (
            <button
              key={table}
              type="button"
              className="button"
              disabled={download.isPending}
              aria-busy={isBusy}
              onClick={() => download.mutate(table)}
            >
              {isBusy ? t.loading : t.download(t.tables[table])}
            </button>
          );
        })}
      </div>
      {download.isError && <ErrorNotice error={download.error} />}
    </section>
  );
}
