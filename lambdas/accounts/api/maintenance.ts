import * as z from "zod";
import { beginMaintenance, maintenanceOf, stopMaintenance, type Maintenance } from "../service/maintenance.ts";
import { instant, nothing } from "../../http/fields.ts";
import { route } from "../../http/route.ts";

export const maintenanceSchema = z
  .object({
    message: z.string().nullable().meta({ description: "What an administrator wrote about it" }),
    planned_end: z.date().nullable(),
    began_when: z.date(),
  })
  .nullable()
  .meta({ id: "Maintenance", description: "Null while it is off. While it is on, only superusers change anything" });

export const shownMaintenance = ({ message, planned_end, began_when }: Maintenance) => ({
  message,
  planned_end,
  began_when,
});

export const maintenanceRoutes = [
  route({
    method: "GET",
    path: "/api/maintenance/",
    summary: "Whether the platform is in maintenance mode",
    access: "anyone",
    answer: { status: 200, description: "Maintenance mode", schema: z.object({ maintenance: maintenanceSchema }) },
    async handle({ context }) {
      const maintenance = await maintenanceOf(context);
      return { status: 200, body: { maintenance: maintenance ? shownMaintenance(maintenance) : null } };
    },
  }),
  route({
    method: "PUT",
    path: "/api/maintenance/",
    summary: "Turn maintenance mode on, or change what people are told: changes of others get 503 (superusers)",
    access: "user",
    audited: true,
    body: z.object({
      message: nothing(z.string().trim().min(1).max(500)).default(null),
      planned_end: nothing(instant).default(null),
    }),
    answer: { status: 200, description: "Maintenance mode", schema: z.object({ maintenance: maintenanceSchema }) },
    async handle({ context, actor, reason, body }) {
      const maintenance = await beginMaintenance(context, { actor, reason }, body);
      return { status: 200, body: { maintenance: shownMaintenance(maintenance) } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/maintenance/",
    summary: "Turn maintenance mode off (superusers)",
    access: "user",
    audited: true,
    answer: { status: 204, description: "It is off; functions notice within three seconds" },
    async handle({ context, actor, reason }) {
      await stopMaintenance(context, { actor, reason });
      return { status: 204 };
    },
  }),
];
