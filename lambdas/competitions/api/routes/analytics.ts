import * as z from "zod";
import { analytics, timeUnits, type Counted } from "../../service/analytics.ts";
import { csv, csvAnswer } from "../../../http/csv.ts";
import { day } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const series = z.array(z.object({ _datefield: z.string(), count: z.int() }));

/** The heads of Codabench's table. Its first row has the sums as well. */
const heads = [
  "Start Date",
  "End Date",
  "Time Unit",
  "Registered User Count",
  "Competition Count",
  "Competitions Published Count",
  "Submissions Made Count",
  "Users Data Date",
  "Users Data Count",
  "Competitions Data Date",
  "Competitions Data Count",
  "Submissions Data Date",
  "Submissions Data Count",
];

const dateOf = (time: Date) => time.toISOString().slice(0, 10);

export const analyticsRoute = route({
  method: "GET",
  path: "/api/analytics/",
  summary: "New people, competitions and submissions by day, week, month or year (superusers)",
  access: "user",
  query: z.object({
    start_date: day.meta({ description: "The first day, such as 2035-01-31" }),
    end_date: day.meta({ description: "The day after the last one" }),
    time_unit: z.enum(timeUnits),
    format: z.enum(["json", "csv"]).default("json"),
  }),
  answer: {
    status: 200,
    description: "The sums, and the numbers of each unit of time, also of those without any",
    schema: z
      .object({
        registered_user_count: z.int(),
        competition_count: z.int(),
        competitions_published_count: z.int(),
        submissions_made_count: z.int(),
        users_data: series,
        competitions_data: series,
        submissions_data: series,
        start_date: z.string(),
        end_date: z.string(),
        time_unit: z.enum(timeUnits),
      })
      .meta({ id: "Analytics" }),
  },
  async handle({ context, actor, query: { start_date: start, end_date: end, time_unit: unit, format } }) {
    const counted = await analytics(context, actor, { start, end, unit });
    const sum = (of: Exclude<keyof Counted, "date">) => counted.reduce((total, row) => total + row[of], 0);
    const sums = [sum("users"), sum("competitions"), sum("published"), sum("submissions")] as const;
    const asked = [dateOf(start), dateOf(end), unit] as const;
    if (format === "csv") {
      const rows = counted.map(({ date, users, competitions, submissions }, index) => [
        ...(index === 0 ? [...asked, ...sums] : Array.from({ length: 7 }, () => null)),
        ...[users, competitions, submissions].flatMap((count) => [date, count]),
      ]);
      return csvAnswer(`analytics-${asked.join("-")}.csv`, csv([heads, ...rows]));
    }
    const seriesOf = (of: "users" | "competitions" | "submissions") =>
      counted.map((row) => ({ _datefield: row.date, count: row[of] }));
    return {
      status: 200,
      body: {
        registered_user_count: sums[0],
        competition_count: sums[1],
        competitions_published_count: sums[2],
        submissions_made_count: sums[3],
        users_data: seriesOf("users"),
        competitions_data: seriesOf("competitions"),
        submissions_data: seriesOf("submissions"),
        start_date: asked[0],
        end_date: asked[1],
        time_unit: unit,
      },
    };
  },
});
