import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import { competitionQuery } from "../competitions/queries.ts";
import { competitionRoute } from "../competitions/routes.ts";
import {
  auditQuery,
  budgetQuery,
  costSpans,
  costsQuery,
  filesQuery,
  grantsQuery,
  isShown,
  participantOrders,
  participantsQuery,
  participantStatuses,
  submissionOrders,
  submissionsQuery,
  submissionStatuses,
  todayQuery,
  worstCaseQuery,
  type AuditAddress,
  type ParticipantAddress,
  type SubmissionAddress,
} from "./queries.ts";

/** What the pages for organizers stand in. Others get the platform's refusal. */
const organizeRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/organize",
  loader: ({ context: { queryClient, competitionId } }) => queryClient.ensureQueryData(todayQuery(competitionId)),
  component: lazyRouteComponent(() => import("./organize-layout.tsx"), "OrganizeLayout"),
});

const indexRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/",
  beforeLoad: ({ params }) => {
    redirect({ to: "/competitions/$id/organize/today/", params, replace: true, throw: true });
  },
});

const todayRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/today",
  component: lazyRouteComponent(() => import("./today/today-page.tsx"), "TodayPage"),
});

const submissionsRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/submissions",
  validateSearch: (given: Given): SubmissionAddress => ({
    status: oneOf(given["status"], submissionStatuses),
    phase: text(given["phase"]),
    owner: text(given["owner"]),
    q: text(given["q"]),
    deleted: oneOf(given["deleted"], ["yes"]),
    sort: oneOf(given["sort"], submissionOrders),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient, competitionId }, deps }) =>
    queryClient.ensureQueryData(submissionsQuery(competitionId, deps)),
  component: lazyRouteComponent(() => import("./submissions/submissions-page.tsx"), "SubmissionsPage"),
});

const participantsRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/participants",
  validateSearch: (given: Given): ParticipantAddress => ({
    status: oneOf(given["status"], participantStatuses),
    q: text(given["q"]),
    sort: oneOf(given["sort"], participantOrders),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient, competitionId }, deps }) =>
    queryClient.ensureQueryData(participantsQuery(competitionId, deps)),
  component: lazyRouteComponent(() => import("./participants/participants-page.tsx"), "ParticipantsPage"),
});

const phasesRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/phases",
  loader: async ({ context: { queryClient, competitionId } }) => {
    const { phases } = await queryClient.ensureQueryData(competitionQuery(competitionId));
    await Promise.all(phases.map(({ id }) => queryClient.ensureQueryData(grantsQuery(competitionId, id))));
  },
  component: lazyRouteComponent(() => import("./phases/phases-page.tsx"), "PhasesPage"),
});

const spendRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/spend",
  validateSearch: (given: Given): { days?: (typeof costSpans)[number] | undefined } => ({
    days: oneOf(given["days"], costSpans),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient, competitionId }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(budgetQuery(competitionId)),
      queryClient.ensureQueryData(costsQuery(competitionId, deps.days)),
      queryClient.ensureQueryData(worstCaseQuery(competitionId)),
    ]),
  component: lazyRouteComponent(() => import("./spend/spend-page.tsx"), "SpendPage"),
});

const exportsRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/exports",
  loader: ({ context: { queryClient, competitionId } }) => queryClient.ensureQueryData(filesQuery(competitionId)),
  component: lazyRouteComponent(() => import("./exports/exports-page.tsx"), "ExportsPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => organizeRoute,
  path: "/audit",
  validateSearch: (given: Given): AuditAddress => ({
    kind: isShown(given["kind"]) ? given["kind"] : undefined,
    who: text(given["who"]),
    q: text(given["q"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient, competitionId }, deps }) =>
    queryClient.ensureQueryData(auditQuery(competitionId, deps)),
  component: lazyRouteComponent(() => import("./audit/audit-page.tsx"), "AuditPage"),
});

export const organizeRoutes = [
  organizeRoute.addChildren([
    indexRoute,
    todayRoute,
    submissionsRoute,
    participantsRoute,
    phasesRoute,
    spendRoute,
    exportsRoute,
    auditRoute,
  ]),
];
