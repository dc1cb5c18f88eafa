/** Requests about many things at once do what is possible and name what they left out. */
import { Refusal } from "../../kernel/refusal.ts";

/** Something that a request left out, and why. */
export interface Skipped {
  id: number;
  code: string;
  detail: string;
}

/**
 * Finds the items of a list of ids, each once. What cannot be done is skipped: for those `find` returns or throws a
 * refusal. If nothing is left, a refusal is thrown: first one that says what does not exist for the actor.
 */
export async function possibleOf<Item>(
  ids: number[],
  find: (id: number) => Item | Refusal | Promise<Item | Refusal>,
): Promise<{ possible: Item[]; skipped: Skipped[] }> {
  const possible: Item[] = [];
  const refusals: [number, Refusal][] = [];
  for (const id of new Set(ids)) {
    const found = await Promise.resolve(id).then(find).catch(refusalIn);
    if (found instanceof Refusal) refusals.push([id, found]);
    else possible.push(found);
  }
  const first = refusals.find(([, { kind }]) => kind === "not-found") ?? refusals[0];
  if (first && possible.length === 0) throw first[1];
  return { possible, skipped: refusals.map(([id, { code, message: detail }]) => ({ id, code, detail })) };
}

function refusalIn(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}
