// What was stored each week, and the deletion of orphans, at Codabench's addresses, for administrators.
import * as z from "zod";
import { csv, csvAnswer } from "../../../http/csv.ts";
import { route } from "../../../http/route.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { requestOrphanDeletion, storeFindings, storeReport } from "../../service/inspect-store.ts";
import { snapshots } from "../../service/storage-analytics.ts";

const bytes = z.number().meta({ description: "Bytes" });
const day = z.iso.date().transform((text) => new Date(`${text}T00:00:00Z`));
const period = z.object({
  start_date: day.optional().meta({ description: "YYYY-MM-DD; four weeks ago without it" }),
  end_date: day.optional().meta({ description: "YYYY-MM-DD, inclusive; today without it" }),
  resolution: z.string().optional().meta({ description: "Ignored: snapshots are weekly" }),
  format: z.enum(["json", "csv"]).default("json"),
});

const fourWeeksMs = 4 * 7 * 24 * 3600 * 1000;
const periodOf = ({ start_date: start, end_date: end }: z.output<typeof period>, now: Date) => ({
  from: start ?? new Date(now.getTime() - fourWeeksMs),
  to: end ?? now,
});
const dayOf = (date: Date) => date.toISOString().slice(0, 10);
const last_storage_calculation_date = z.iso.datetime().nullable();

/** Groups rows by week, and within a week by id, as Codabench does. */
const byWeek = <Row extends { week: Date; id: number }>(rows: Row[], shown: (row: Row) => object) =>
  Object.fromEntries(
    [...Map.groupBy(rows, ({ week }) => dayOf(week))].map(([week, same]) => [
      week,
      Object.fromEntries(same.map((row) => [row.id, shown(row)])),
    ]),
  );
const byWeekSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));

const deletionStatus = z.enum(["PENDING", "STARTED", "SUCCESS"]).nullable();

export const storageAnalyticsRoutes = [
  route({
    method: "GET",
    path: "/api/analytics/storage_usage_history/",
    summary: "What the platform stored each week. format=csv gives a table (administrators)",
    access: "user",
    query: period,
    answer: {
      status: 200,
      description: "Bytes by week",
      schema: z.object({
        last_storage_calculation_date,
        storage_usage_history: z.record(
          z.string(),
          z.object({
            total_usage: bytes,
            competitions_usage: bytes.meta({ description: "Datasets of all kinds" }),
            users_usage: bytes.meta({ description: "Submitted files, outputs and logs" }),
            admin_usage: bytes.meta({ description: "Always 0" }),
            orphaned_file_usage: bytes.nullable().meta({ description: "Null before the first inspection" }),
          }),
        ),
      }),
    },
    async handle({ context, actor, query }) {
      const { last, rows } = await snapshots(context, actor, "platform", periodOf(query, context.now()));
      const total = (row: (typeof rows)[number]) => row.datasets + row.submissions + (row.orphans ?? 0);
      if (query.format === "csv")
        return csvAnswer(
          "storage.csv",
          csv([
            ["week", "total_bytes", "datasets_bytes", "submissions_bytes", "orphans_bytes"],
            ...rows.map((row) => [dayOf(row.week), total(row), row.datasets, row.submissions, row.orphans]),
          ]),
        );
      const history = rows.map((row) => [
        dayOf(row.week),
        {
          total_usage: total(row),
          competitions_usage: row.datasets,
          users_usage: row.submissions,
          admin_usage: 0,
          orphaned_file_usage: row.orphans,
        },
      ]);
      return {
        status: 200,
        body: { last_storage_calculation_date: last, storage_usage_history: Object.fromEntries(history) },
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/analytics/competitions_usage/",
    summary: "What competitions stored each week. format=csv gives a table (administrators)",
    access: "user",
    query: period,
    answer: {
      status: 200,
      description: "Bytes by week and competition",
      schema: z.object({ last_storage_calculation_date, competitions_usage: byWeekSchema }),
    },
    async handle({ context, actor, query }) {
      const { last, rows } = await snapshots(context, actor, "competition", periodOf(query, context.now()));
      if (query.format === "csv")
        return csvAnswer(
          "storage-of-competitions.csv",
          csv([
            ["week", "competition", "title", "organizer", "datasets_bytes", "submissions_bytes"],
            ...rows.map((row) => [
              ...[dayOf(row.week), row.id, row.title, row.organizer],
              ...[row.datasets, row.submissions],
            ]),
          ]),
        );
      const usage = byWeek(rows, ({ title, organizer, email, created_when, datasets, submissions }) => ({
        ...{ title, organizer: `${organizer} (${email})`, created_when, datasets, submissions },
      }));
      return { status: 200, body: { last_storage_calculation_date: last, competitions_usage: usage } };
    },
  }),
  route({
    method: "GET",
    path: "/api/analytics/users_usage/",
    summary: "What people stored each week. format=csv gives a table (administrators)",
    access: "user",
    query: period,
    answer: {
      status: 200,
      description: "Bytes by week and person",
      schema: z.object({ last_storage_calculation_date, users_usage: byWeekSchema }),
    },
    async handle({ context, actor, query }) {
      const { last, rows } = await snapshots(context, actor, "person", periodOf(query, context.now()));
      if (query.format === "csv")
        return csvAnswer(
          "storage-of-people.csv",
          csv([
            ["week", "user", "username", "datasets_bytes", "submissions_bytes"],
            ...rows.map((row) => [dayOf(row.week), row.id, row.username, row.datasets, row.submissions]),
          ]),
        );
      const usage = byWeek(rows, ({ username, email, created_when, datasets, submissions }) => ({
        ...{ name: `${username} (${email})`, date_joined: created_when, datasets, submissions },
      }));
      return { status: 200, body: { last_storage_calculation_date: last, users_usage: usage } };
    },
  }),
  route({
    method: "GET",
    path: "/api/analytics/get_orphan_files/",
    summary: "The first thousand orphans of the last inspection; storage/findings/ has all of them (administrators)",
    access: "user",
    answer: { status: 200, description: "Keys", schema: z.object({ data: z.array(z.string()) }) },
    async handle({ context, actor }) {
      const found = await storeFindings(context, actor, "orphan", { offset: 0, limit: 1000 });
      if (!found)
        throw new Refusal(
          "not-found",
          "NO_INSPECTION",
          "The store has not been inspected yet. Begin an inspection first.",
        );
      return {
        status: 200,
        body: { data: found.rows.filter(({ outcome }) => outcome === null).map(({ key }) => key) },
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/analytics/delete_orphan_files/",
    summary: "Delete the orphans of the last inspection that are still orphans (administrators)",
    access: "user",
    audited: true,
    answer: {
      status: 200,
      description: "The deletion has begun",
      schema: z.object({ success: z.boolean(), message: z.string() }),
    },
    async handle({ context, actor, reason }) {
      await requestOrphanDeletion(context, { actor, reason });
      return { status: 200, body: { success: true, message: "orphan files deletion started" } };
    },
  }),
  route({
    method: "GET",
    path: "/api/analytics/check_orphans_deletion_status/",
    summary: "How far the deletion of orphans is; null if none was asked for (administrators)",
    access: "user",
    answer: { status: 200, description: "The status", schema: z.object({ status: deletionStatus }) },
    async handle({ context, actor }) {
      const { finished } = await storeReport(context, actor);
      const status = !finished?.deletion_asked_when
        ? null
        : finished.deletion_finished_when
          ? "SUCCESS"
          : finished.deleted + finished.kept > 0
            ? "STARTED"
            : "PENDING";
      return { status: 200, body: { status } };
    },
  }),
];
