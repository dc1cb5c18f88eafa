/** Saves a form. What others saved meanwhile is noticed before anything is overwritten. */
import type { QueryClient } from "@tanstack/react-query";
import { ApiError, type Shape } from "../api/client.ts";
import { competitionQuery } from "../competitions/queries.ts";
import { changeCompetition } from "./queries.ts";
import type { Editing, Newer } from "./state/editing.ts";
import { merge } from "./state/merge.ts";
import { readForm } from "./state/read.ts";
import { changesOf } from "./state/write.ts";

export type Outcome = { saved: Shape<"Competition"> } | { newer: Newer };

/** How often others may save something that does not concern the form before the page says so. */
const maxTries = 3;

export async function saveChanges(client: QueryClient, id: number, editing: Editing): Promise<Outcome> {
  let { base, version } = editing;
  for (let tries = 1; ; tries++)
    try {
      const changes = changesOf(base, editing.form);
      return { saved: await changeCompetition(id, { ...changes, ...(version !== null && { version }) }) };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "CHANGED_SINCE") throw error;
      const found = await client.fetchQuery({ ...competitionQuery(id), staleTime: 0 });
      const newer = { form: readForm(found), version: found.version ?? null };
      if (tries === maxTries || merge(base, editing.form, newer.form).differences.length > 0) return { newer };
      ({ form: base, version } = newer);
    }
}
