/** Lists accounts for administrators, and shows one with everything that belongs to it. */
import * as z from "zod";
import { auditEventSchema, shownEvent } from "../../../accounts/api/audit.ts";
import { scopes } from "../../../policy/scopes.ts";
import { usd } from "../../../jobs/rules/budget.ts";
import { boolean, idParams } from "../../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { userInDetail, userOrders, usersSeenBy } from "../../service/users.ts";

export const userSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string(),
    display_name: z.string().nullable(),
    email_is_confirmed: z.boolean(),
    is_superuser: z.boolean(),
    is_bot: z.boolean(),
    is_banned: z.boolean().meta({ description: "Now: a ban with an end is over by itself" }),
    ban_reason: z.string().nullable(),
    banned_until: z.date().nullable(),
    has_second_factor: z.boolean(),
    identity_providers: z.array(z.string()),
    joined_when: z.date(),
    last_seen: z.date().nullable().meta({ description: "When the account was last used, to within five minutes" }),
    submissions: z.int().meta({ description: "How many; a submission to several tasks is one" }),
    storage_bytes: z
      .int()
      .meta({ description: "All that counts for the person: files, and outputs and logs of submissions" }),
    storage_quota_bytes: z.int().nullable().meta({ description: "Null: what everybody may store" }),
    queue_limit: z.int().nullable().meta({ description: "Null: as many queues as everybody may own" }),
  })
  .meta({ id: "AdministeredUser" });

const login = z.object({
  id: z.guid(),
  user_agent: z.string().nullable(),
  created_when: z.date(),
  last_used: z.date().nullable(),
  expires_at: z.date(),
});
const named = z.object({ id: z.int(), title: z.string() });

const detailSchema = userSchema
  .extend({
    sessions: z.array(login),
    tokens: z.array(login.extend({ name: z.string().nullable(), scopes: z.array(z.enum(scopes)).nullable() })),
    identities: z.array(z.object({ provider: z.string(), created_when: z.date(), last_used: z.date() })),
    competitions: z.array(named.extend({ published: z.boolean(), is_creator: z.boolean(), created_when: z.date() })),
    recent_submissions: z.array(
      z.object({ id: z.int(), status: z.string(), created_when: z.date(), competition: named }),
    ),
    queues: z.array(z.object({ id: z.guid(), name: z.string(), is_public: z.boolean(), created_when: z.date() })),
    organizations: z.array(z.object({ id: z.int(), name: z.string(), group: z.string() })),
    spent_usd: z.string().meta({ description: "What the platform paid this month for runs of their submissions" }),
    recent_events: z
      .array(auditEventSchema)
      .meta({ description: "What the person did and what was done to the account" }),
  })
  .meta({ id: "AdministeredUserInDetail" });

type Logins = Awaited<ReturnType<typeof userInDetail>>["tokens"];
const shownLogin = ({ id, user_agent, created_when, last_used, expires_at }: Logins[number]) => ({
  id,
  user_agent,
  created_when,
  last_used,
  expires_at,
});

export const userRoutes = [
  route({
    method: "GET",
    path: "/api/admin/users/",
    summary: "Accounts, with search, filters and orders (administrators)",
    access: "user",
    query: pageQuery(50).extend({
      search: z.string().max(200).optional().meta({ description: "Part of a username, display name or mail address" }),
      is_superuser: boolean.optional(),
      is_bot: boolean.optional(),
      is_banned: boolean.optional(),
      email_is_confirmed: boolean.optional(),
      has_second_factor: boolean.optional(),
      identity_provider: z.string().max(100).optional(),
      over_quota: boolean.optional().meta({ description: "Whether they store more than they may" }),
      ordering: ordering(...userOrders),
    }),
    answer: { status: 200, description: "A page of accounts", schema: page(userSchema) },
    async handle({ context, actor, query }) {
      const filter = {
        search: query.search,
        isSuperuser: query.is_superuser,
        isBot: query.is_bot,
        isBanned: query.is_banned,
        emailIsConfirmed: query.email_is_confirmed,
        hasSecondFactor: query.has_second_factor,
        provider: query.identity_provider,
        isOverQuota: query.over_quota,
      };
      const order = orderOf(query.ordering, { field: "username", descending: false });
      const { count, rows } = await usersSeenBy(context, actor, filter, order, offset(query));
      return { status: 200, body: page.of(context, "/api/admin/users/", query, count, rows) };
    },
  }),
  route({
    method: "GET",
    path: "/api/admin/users/{id}/",
    summary:
      "An account with its logins, competitions, submissions, queues, organizations, costs and events (administrators)",
    access: "user",
    params: idParams,
    answer: { status: 200, description: "The account. Of long lists, the newest 50", schema: detailSchema },
    async handle({ context, actor, params }) {
      const found = await userInDetail(context, actor, params.id);
      const body = {
        ...found.user,
        sessions: found.sessions.map(shownLogin),
        tokens: found.tokens.map((token) => ({ ...shownLogin(token), name: token.name, scopes: token.scopes })),
        identities: found.identities,
        competitions: found.competitions,
        recent_submissions: found.submissions.map(({ competition, competition_title: title, ...submission }) => ({
          ...submission,
          competition: { id: competition, title },
        })),
        queues: found.queues,
        organizations: found.organizations.map(({ organization_id: id, organization_name: name, group }) => ({
          id,
          name,
          group,
        })),
        spent_usd: usd(found.spentMicrousd),
        recent_events: found.events.map(shownEvent),
      };
      return { status: 200, body };
    },
  }),
];
