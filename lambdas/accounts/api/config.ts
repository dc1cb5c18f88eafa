import * as z from "zod";
import { siteOf } from "../rules/passkey.ts";
import { signUpModes } from "../rules/sign-in-options.ts";
import { maxPasswordLength, minPasswordLength } from "../rules/password.ts";
import { currentAnnouncements } from "../service/announcements.ts";
import { maintenanceOf } from "../service/maintenance.ts";
import { announcementSchema } from "./announcements.ts";
import { maintenanceSchema, shownMaintenance } from "./maintenance.ts";
import { maxFileBytes } from "../../kernel/objects/part-uploads.ts";
import { storageOrigins } from "../../kernel/objects/storage-origins.ts";
import { maxPixels, maxSentPictureBytes } from "../../kernel/pictures/pictures.ts";
import { route } from "../../http/route.ts";

const configSchema = z
  .object({
    sign_up: z.object({
      mode: z.enum(signUpModes),
      domains: z.array(z.string()).meta({ description: "The mail domains of the mode `domains`" }),
    }),
    password_sign_in: z.boolean().meta({ description: "Without it, only superusers log in with a password" }),
    passkeys: z
      .boolean()
      .meta({ description: "Whether passkeys log in; where password_sign_in is false, only those of superusers" }),
    identity_providers: z.array(
      z.object({
        id: z.string(),
        label: z.string().meta({ description: "The text of the button" }),
        url: z.string().meta({ description: "Where the button leads; add `?next=` and a path of the platform" }),
      }),
    ),
    sends_mail: z.boolean(),
    storage_origins: z
      .array(z.string())
      .meta({ description: "The origins of links to files, for a page's content security policy" }),
    limits: z.object({
      min_password_length: z.int(),
      max_password_length: z.int(),
      max_upload_bytes: z
        .int()
        .meta({ description: "Of a file; what may be submitted, queues and phases limit further" }),
      max_picture_bytes: z.int().meta({ description: "Of a photo or a logo in a request" }),
      max_picture_pixels: z.int(),
      max_step_seconds: z.int().meta({ description: "The longest time limit of a step on the default queue" }),
    }),
    announcements: z.array(announcementSchema).meta({ description: "What administrators announce now" }),
    maintenance: maintenanceSchema,
    allows_network: z
      .boolean()
      .meta({ description: "Whether programs get a network if their competition asks for one" }),
  })
  .meta({ id: "Config" });

export const configRoute = route({
  method: "GET",
  path: "/api/config/",
  summary: "What a web page needs to know of the platform before anybody logs in",
  access: "anyone",
  forBanned: true,
  answer: { status: 200, description: "The settings", schema: configSchema },
  async handle({ context }) {
    const { environment, objects } = context;
    const maintenance = await maintenanceOf(context);
    const { signUp, domains, passwords, providers } = environment.SIGN_IN;
    return {
      status: 200,
      body: {
        sign_up: { mode: signUp, domains },
        password_sign_in: passwords,
        passkeys: siteOf(environment.PUBLIC_URL) !== null,
        identity_providers: providers.map(({ id, label }) => ({ id, label, url: `/accounts/sign-in/${id}/` })),
        sends_mail: environment.MAIL_QUEUE !== undefined,
        storage_origins: await storageOrigins(objects),
        limits: {
          min_password_length: minPasswordLength,
          max_password_length: maxPasswordLength,
          max_upload_bytes: maxFileBytes,
          max_picture_bytes: maxSentPictureBytes,
          max_picture_pixels: maxPixels,
          max_step_seconds: environment.MAX_EXECUTION_TIME_LIMIT,
        },
        announcements: await currentAnnouncements(context),
        maintenance: maintenance ? shownMaintenance(maintenance) : null,
        allows_network: environment.ALLOW_NETWORK,
      },
    };
  },
});
