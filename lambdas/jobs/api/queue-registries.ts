/** API of the logins of image registries that a queue has. */
import * as z from "zod";
import { registryLogins, removeRegistryLogin, storeRegistryLogin } from "../service/registry-logins.ts";
import { uuid } from "../../http/fields.ts";
import { route } from "../../http/route.ts";

const params = z.object({ id: uuid });
/** A host as it stands before the first slash of the name of an image. */
const registryHost = z
  .string()
  .max(260)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i, "must be the host of a registry, such as ghcr.io");
const registryParams = z.object({ id: uuid, host: registryHost });

const registryLogin = z
  .object({
    host: z.string(),
    username: z.string(),
    changed_by: z.string().nullable(),
    changed_when: z.iso.datetime(),
  })
  .meta({ id: "RegistryLogin" });

export const queueRegistryRoutes = [
  route({
    method: "GET",
    path: "/api/queues/{id}/registries/",
    summary: "Registries of private images for which a queue has a login; passwords are never shown",
    access: "user",
    params,
    answer: { status: 200, description: "The logins, by host", schema: z.array(registryLogin) },
    async handle({ context, actor, params }) {
      return { status: 200, body: await registryLogins(context, actor, params.id) };
    },
  }),
  route({
    method: "PUT",
    path: "/api/queues/{id}/registries/{host}/",
    summary: "Store the login with which the platform's own workers pull the images of a registry for jobs of a queue",
    access: "user",
    audited: true,
    params: registryParams,
    body: z.object({
      // A colon ends the username in the header that carries both.
      username: z
        .string()
        .min(1)
        .max(255)
        .regex(/^[^:\p{Cc}]+$/u, "must have no colon and no control character"),
      password: z.string().min(1).max(16_384).meta({ writeOnly: true }),
    }),
    answer: { status: 204, description: "It is stored in place of an earlier one" },
    async handle({ context, actor, reason, params, body }) {
      await storeRegistryLogin(context, { actor, reason }, params.id, params.host, body);
      return { status: 204 };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/registries/{host}/",
    summary: "Delete the login of a registry: jobs of the queue can no longer use images that only it opens",
    access: "user",
    audited: true,
    params: registryParams,
    answer: { status: 204, description: "It is deleted" },
    async handle({ context, actor, reason, params }) {
      await removeRegistryLogin(context, { actor, reason }, params.id, params.host);
      return { status: 204 };
    },
  }),
];
