/** Applies the changes of a request to a competition's form. */
import type { FactSheetQuestion } from "../rules/competition.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { EncodedImage } from "../../accounts/service/images.ts";
import type { ColumnForm, CompetitionForm, LeaderboardForm, PageForm, PhaseForm } from "../rules/competition-form.ts";
import type { SavedWithForm } from "./save-competition.ts";

type Parts<Part> = (Partial<Part> & { index?: number | undefined })[];
/** A leaderboard in a request. */
export type BoardChanges = Partial<Omit<LeaderboardForm, "columns">> & { columns?: Partial<ColumnForm>[] | undefined };

/**
 * The fields of a request to change a competition. Omitted fields do not change. A list replaces the whole list; an item with an
 * id keeps the fields that the request omits.
 */
export interface CompetitionChanges
  extends
    Partial<Omit<CompetitionForm, "pages" | "phases" | "leaderboards" | "fact_sheet">>,
    Partial<Omit<SavedWithForm, "logo">> {
  fact_sheet?: Record<string, unknown> | null | undefined;
  pages?: Parts<PageForm> | undefined;
  phases?: Parts<PhaseForm> | undefined;
  /** The first is the primary one. */
  leaderboards?: BoardChanges[] | undefined;
  /** Null removes the logo. */
  logo?: EncodedImage | null | undefined;
  /** The version that was changed. Anything newer refuses the changes. */
  version?: string | undefined;
}

const given = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

type PartName = "page" | "phase" | "leaderboard" | "column";
const fieldOf = { page: "pages", phase: "phases", leaderboard: "leaderboards", column: "leaderboards" } as const;

/** Parts with unknown ids would be taken for new ones. A new competition may copy the ids of another one. */
function requireOwnIds(what: PartName, before: { id?: number | undefined }[], parts: { id?: number | undefined }[]) {
  const own = before.flatMap(({ id }) => id ?? []);
  const strange = parts.find(({ id }) => id !== undefined && !own.includes(id));
  if (!strange || own.length === 0) return;
  const whose = what === "column" ? "leaderboard" : "competition";
  const message = `This ${whose} has no ${what} with the id ${strange.id}. Known ids: ${own.join(", ")}. Leave the id out to add a new ${what}.`;
  throw new Refusal("invalid", "INVALID", message, { [fieldOf[what]]: [message] });
}

/**
 * Merges the items of a request into a list. A new item may lack fields. Reading the form finds that, so the type is asserted
 * here.
 */
function mergeParts<Part extends { id?: number | undefined }>(
  what: PartName,
  before: Part[],
  parts: Partial<Part>[],
  absent: Partial<Part>,
): Part[] {
  requireOwnIds(what, before, parts);
  return parts.map((part) => {
    const known = before.find(({ id }) => id !== undefined && id === part.id);
    return { ...absent, ...known, ...given(part) } as Part;
  });
}

/** Applies the changes of a request to a form. An empty form becomes that of a new competition. */
export function changedForm(before: CompetitionForm, body: CompetitionChanges): CompetitionForm {
  const {
    pages,
    phases,
    leaderboards,
    collaborators: _c,
    whitelist_emails: _w,
    allow_robot_submissions: _a,
    ...rest
  } = body;
  const { report: _r, published: _p, teams_share_limits: _t, logo: _l, version: _v, fact_sheet, ...settings } = rest;
  const form = {
    ...before,
    ...given(settings),
    ...(fact_sheet === undefined ? {} : { fact_sheet: fact_sheet as Record<string, FactSheetQuestion> | null }),
    ...(pages ? { pages: mergeParts<PageForm>("page", before.pages, inOrder(pages), { content: "" }) } : {}),
    ...(phases ? { phases: mergeParts<PhaseForm>("phase", before.phases, phases, { tasks: [] }) } : {}),
    ...(leaderboards ? { leaderboards: mergeBoards(before.leaderboards, leaderboards) } : {}),
  };
  return {
    ...form,
    leaderboards: form.leaderboards.map((board, at) =>
      leaderboards?.[at]?.ranking_tasks === undefined ? withoutRemovedTasks(board, form.phases) : board,
    ),
  };
}

/** A task that a change removes from the phases no longer ranks rows. */
const withoutRemovedTasks = (leaderboard: LeaderboardForm, phases: PhaseForm[]): LeaderboardForm => ({
  ...leaderboard,
  ranking_tasks: leaderboard.ranking_tasks?.filter((key) => phases.some(({ tasks }) => tasks.includes(key))),
});

/** Sorts pages by index, if they have one. */
const inOrder = <Part extends { index?: number | undefined }>(parts: Part[]) =>
  parts
    .map((part, at) => ({ part, order: part.index ?? at }))
    .sort((one, other) => one.order - other.order)
    .map(({ part: { index: _, ...part } }) => part);

/**
 * Merges the leaderboards of a request into those of a form, by id or key. The first stays the primary one, because it
 * decides which submissions are on all of them.
 */
function mergeBoards(before: LeaderboardForm[], boards: BoardChanges[]): LeaderboardForm[] {
  const message = "A competition needs a leaderboard.";
  if (boards.length === 0) throw new Refusal("invalid", "INVALID", message, { leaderboards: [message] });
  const named = identified(before, boards);
  requireOwnIds("leaderboard", before, named);
  const [primary, ...further] = before;
  if (further.some(({ id }) => id === named[0]!.id)) {
    const message = `The leaderboard "${primary!.key}" must stay the first, because its rule decides which submissions are on all leaderboards.`;
    throw new Refusal("invalid", "PRIMARY_LEADERBOARD", message, { leaderboards: [message] });
  }
  const known = (id: number | undefined, at: number) =>
    at === named.findIndex((board) => board.id === id) ? further.find((board) => board.id === id) : undefined;
  return named.map((board, at) => mergeBoard(at === 0 ? primary : known(board.id, at), board));
}

/** A new leaderboard may lack fields. Reading the form finds that, so the type is asserted here. */
const mergeBoard = (before: LeaderboardForm | undefined, { columns, ...board }: BoardChanges): LeaderboardForm =>
  ({
    ...before,
    ...given(board),
    id: before?.id,
    columns: columns
      ? mergeParts<ColumnForm>("column", before?.columns ?? [], identified(before?.columns ?? [], columns), {})
      : (before?.columns ?? []),
  }) as LeaderboardForm;

/** Adds the ids of parts that a request names only by their keys. As new parts they would lose their scores. */
function identified<Part extends { id?: number | undefined; key?: string | undefined }>(
  before: { id?: number | undefined; key: string }[],
  parts: Part[],
): Part[] {
  const isOwn = (id: number | undefined) => before.some((part) => part.id === id);
  return parts.map((part) => {
    if (part.id !== undefined && isOwn(part.id)) return part;
    const same = before.find(({ id, key }) => key === part.key && !parts.some((other) => other.id === id));
    return same ? { ...part, id: same.id } : part;
  });
}
