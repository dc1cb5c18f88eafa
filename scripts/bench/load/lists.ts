/** The lists and pages of the API that grow with submissions and people, each as somebody asks for it. */
import type { Who } from "./fill.ts";

export interface List {
  /** The path of its route. */
  route: string;
  /** What is in the place of `{id}`, and of other parameters. */
  parameter?: string | number;
  as: Who | "visitor";
  query?: string;
  /** Why it reads more if there is more. Without it, it reads no more than a page of each thing. */
  grows?: string;
}

const ofOwn = "reads what one person has";
const ofStorage = "sums the bytes of files";
const ofReports = "sums what happened in days that somebody names";
const ofSearch = "a search counts up to 1,000";

export const submissionLists: List[] = [
  { as: "person", query: "page=1" },
  { as: "person", query: "phase=1&page=1" },
  { as: "organizer", query: "phase=1&page=5" },
  { as: "person", query: "phase=1&status=Failed&page=1" },
  { as: "person", query: "search=answers-1&page=1", grows: ofOwn },
  { as: "organizer", query: "phase=1&page=1" },
  { as: "organizer", query: "phase__competition=1&page=1&with_children=false" },
  { as: "organizer", query: "phase=1&status=Failed&page=1" },
  { as: "organizer", query: "phase=1&status=Running,Scoring&page=1" },
  { as: "organizer", query: "phase=1&on_leaderboard=true&page=1" },
  { as: "organizer", query: "phase=1&is_soft_deleted=true&page=1" },
  { as: "organizer", query: "phase=1&task=1&page=1" },
  { as: "organizer", query: "phase=1&owner=person4&page=1" },
  { as: "organizer", query: "phase=1&ordering=owner&page=1" },
  { as: "organizer", query: "phase=1&ordering=status&page=1" },
  { as: "organizer", query: "phase=1&ordering=-finished_when&page=1" },
  { as: "organizer", query: "phase=1&search=answers&page=1", grows: ofSearch },
  { as: "organizer", query: "phase=1&search=answers-123.zip&page=1", grows: ofSearch },
  { as: "organizer", query: "phase=1&search=person12&page=1", grows: ofSearch },
  { as: "organizer", query: "page=1" },
  { as: "admin", query: "page=1" },
  { as: "admin", query: "status=Failed&page=1" },
  { as: "visitor", query: "page=1" },
  { as: "visitor", query: "phase=1&page=1" },
].map((one) => ({ route: "/api/submissions/", ...one }) as List);

export const otherLists: List[] = [
  { route: "/api/submissions/{id}/", parameter: 1, as: "person" },
  { route: "/api/server_status/", as: "person" },
  { route: "/api/server_status/", as: "organizer" },
  { route: "/api/server_status/", as: "admin" },
  { route: "/api/server_status/", as: "admin", query: "host=host-1", grows: ofSearch },
  { route: "/api/server_status/", as: "admin", query: "status=Failed" },
  { route: "/api/phases/{id}/get_leaderboard/", parameter: 1, as: "person", query: "page=1" },
  { route: "/api/phases/{id}/score_history/", parameter: 1, as: "person", grows: ofOwn },
  { route: "/api/competitions/", as: "person", query: "page=1" },
  { route: "/api/competitions/", as: "organizer", query: "mine=true&page=1" },
  { route: "/api/competitions/public/", as: "visitor" },
  { route: "/api/competitions/public/", as: "person", query: "participating_in=true" },
  { route: "/api/competitions/public/", as: "visitor", query: "ordering=popular" },
  { route: "/api/competitions/public/", as: "visitor", query: "ordering=with_most_submissions" },
  { route: "/api/competitions/public/", as: "visitor", query: "ordering=ends_soon" },
  { route: "/api/competitions/front_page/", as: "visitor" },
  { route: "/api/competitions/all/", as: "admin" },
  { route: "/api/competitions/all/", as: "admin", query: "ordering=-last_submission_when" },
  { route: "/api/competitions/{id}/", parameter: 1, as: "person", grows: ofOwn },
  { route: "/api/competitions/{id}/", parameter: 1, as: "organizer", grows: ofOwn },
  { route: "/api/competitions/{id}/today/", parameter: 1, as: "organizer" },
  { route: "/api/competitions/{id}/costs/", parameter: 1, as: "organizer", grows: ofReports },
  { route: "/api/competitions/{id}/storage/", parameter: 1, as: "organizer", grows: ofStorage },
  { route: "/api/participants/", as: "organizer", query: "competition=1&page=1" },
  { route: "/api/participants/", as: "organizer", query: "competition=1&status=pending&page=1" },
  { route: "/api/participants/", as: "organizer", query: "competition=1&search=person12&page=1" },
  { route: "/api/phases/{id}/manually_migrate/", parameter: 1, as: "organizer" },
  { route: "/api/phases/{id}/before_submitting/", parameter: 1, as: "person", grows: ofOwn },
  { route: "/api/can_make_submission/{id}/", parameter: 1, as: "person", grows: ofOwn },
  { route: "/api/datasets/", as: "person", query: "_type=submission", grows: ofOwn },
  { route: "/api/datasets/", as: "person", query: "search=answers-1", grows: ofOwn },
  { route: "/api/datasets/public/", as: "visitor" },
  { route: "/api/tasks/", as: "organizer" },
  { route: "/api/queues/", as: "person" },
  { route: "/api/queues/status/", as: "admin" },
  { route: "/api/user_quota/", as: "person", grows: ofStorage },
  { route: "/api/storage/", as: "person", grows: ofStorage },
  { route: "/api/storage/files/", as: "person", grows: ofStorage },
  { route: "/api/storage/cleanup/{what}/", parameter: "failed_submissions", as: "person", grows: ofStorage },
  { route: "/api/storage/people/", as: "admin", grows: ofStorage },
  { route: "/api/storage/competitions/", as: "admin", grows: ofStorage },
  { route: "/api/admin/users/", as: "admin", grows: ofStorage },
  { route: "/api/admin/users/", as: "admin", query: "ordering=-submissions", grows: ofStorage },
  { route: "/api/admin/users/", as: "admin", query: "ordering=-storage_bytes", grows: ofStorage },
  { route: "/api/admin/users/{id}/", parameter: 4, as: "admin", grows: ofStorage },
  { route: "/api/users/{name}/", parameter: "person4", as: "visitor" },
  {
    route: "/api/analytics/",
    as: "admin",
    query: "start_date=2026-01-01&end_date=2026-12-01&time_unit=month",
    grows: ofReports,
  },
  { route: "/api/budget/days/", as: "admin", grows: ofReports },
];

export const lists: List[] = [...submissionLists, ...otherLists];

/** The path with its parameter, and how the list is named in a table. */
export const pathOf = ({ route, parameter }: List): string => route.replace(/\{\w+\}/, String(parameter));
export const nameOf = (list: List): string => `${pathOf(list)}${list.query ? `?${list.query}` : ""} (${list.as})`;
