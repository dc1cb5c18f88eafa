/** Finds what a person names: by its id, or by its name if only one thing has it. */
import type { ApiClient, Competition, PlaceNames } from "../client/api-client.ts";
import { NotFound, UsageError, wordsIn } from "./command.ts";
import { harmlessLine } from "./terminal.ts";

const isId = (word: string) => /^\d{1,10}$/.test(word);
const sameName = (one: string, other: string) => one.trim().toLowerCase() === other.trim().toLowerCase();

interface Named {
  id: number | string;
  name: string;
}

/** Returns the only thing with a name. Throws `NotFound` when there is none, `UsageError` when there are more. */
function only<Thing extends Named>(what: string, things: Thing[], name: string): Thing {
  const found = things.filter((thing) => sameName(thing.name, name));
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new UsageError(`Several ${what}s have the name "${name}". Give one of their ids: ${list(found, "id")}.`);
  const others = things.length > 0 && things.length <= 10 ? ` There are: ${list(things, "name")}.` : "";
  throw new NotFound(what, `There is no ${what} with the name "${name}".${others} An id must be a number.`);
}

const list = (things: Named[], key: "id" | "name") => things.map((thing) => thing[key]).join(", ");

/** The id of a competition, from its id or title. */
export async function competitionId(client: ApiClient, word: string): Promise<number> {
  if (isId(word)) return Number(word);
  const query = new URLSearchParams({ type: "any", search: word.trim() });
  const found = await client.request<{ id: number; title: string }[]>("GET", `/api/competitions/?${query}`);
  return only(
    "competition",
    found.map(({ id, title }) => ({ id, name: title })),
    word,
  ).id;
}

/** A phase that a person named. Its competition and tasks are known if it was named by its competition. */
interface NamedPhase {
  id: number;
  competition: number | null;
  tasks: { id: number; name: string }[] | null;
}

/**
 * Finds a phase by its id, by COMPETITION/PHASE, or by a competition alone if exactly one of its phases is open.
 */
export async function findPhase(client: ApiClient, word: string): Promise<NamedPhase> {
  if (isId(word)) return { id: Number(word), competition: null, tasks: null };
  const slash = word.lastIndexOf("/");
  const id = await competitionId(client, slash === -1 ? word : word.slice(0, slash));
  const { phases } = await client.request<Competition>("GET", `/api/competitions/${id}/`);
  const name = word.slice(slash + 1);
  if (slash !== -1) {
    const byId = isId(name) ? phases.find((phase) => phase.id === Number(name)) : undefined;
    return { ...(byId ?? only("phase", phases, name)), competition: id };
  }
  const open = phases.filter(({ status }) => status === "Current");
  if (open.length === 1) return { ...open[0]!, competition: id };
  throw new UsageError(
    `${open.length === 0 ? "No phase" : "More than one phase"} of this competition is open. Give COMPETITION/PHASE or an id. The phases are ${phases.map((phase) => `${phase.name} (${phase.id})`).join(", ")}.`,
  );
}

/** A phase with its competition, for people. */
export const placeOf = ({ competition_title, phase_name }: PlaceNames): string =>
  harmlessLine(`${competition_title} / ${phase_name}`);

/** The id of a phase, which is named as in `findPhase`. */
export const phaseId = async (client: ApiClient, word: string): Promise<number> => (await findPhase(client, word)).id;

/** Ids of a phase's tasks, from ids or names with commas between them. */
export function taskIds({ tasks }: NamedPhase, words: string): number[] {
  return wordsIn(words).map((word) => {
    if (isId(word)) return Number(word);
    if (tasks === null) throw new UsageError("A task must be a number, or name the phase as COMPETITION/PHASE.");
    return only("task", tasks, word).id;
  });
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a queue that the person may use, from its id or name. */
export async function queueId(client: ApiClient, word: string): Promise<string> {
  if (uuid.test(word)) return word;
  const { results } = await client.request<{ results: { id: string; name: string }[] }>(
    "GET",
    "/api/queues/?page_size=100&public=true",
  );
  return only("queue", results, word).id;
}

/** The API path of a queue, from its id or name. */
export const queuePath = async (client: ApiClient, word: string): Promise<string> =>
  `/api/queues/${encodeURIComponent(await queueId(client, word))}/`;

/**
 * Ids of participants, from ids or user names with commas between them. `competition` finds the competition whose
 * participants have these names; it is asked only for names.
 */
export async function participantIds(
  client: ApiClient,
  words: string,
  competition: () => Promise<number>,
): Promise<number[]> {
  const given = wordsIn(words);
  if (given.length === 0) throw new UsageError("Give at least one participant.");
  if (given.every(isId)) return given.map(Number);
  const participants = await client.request<{ id: number; username: string }[]>(
    "GET",
    `/api/participants/?competition=${await competition()}`,
  );
  const named = participants.map(({ id, username }) => ({ id, name: username }));
  return given.map((word) => (isId(word) ? Number(word) : only("participant", named, word).id));
}
