import * as z from "zod";
import { signUpModes } from "../rules/sign-in-options.ts";
import { maxPasswordLength, minPasswordLength } from "../rules/password.ts";
import { route } from "../../http/route.ts";

const configSchema = z
  .object({
    sign_up: z.object({
      mode: z.enum(signUpModes),
      domains: z.array(z.string()).meta({ description: "The mail domains of the mode `domains`" }),
    }),
    password_sign_in: z.boolean().meta({ description: "Without it, only superusers log in with a password" }),
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
      max_step_seconds: z.int().meta({ description: "The longest time limit of a step on the default queue" }),
    }),
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
  answer: { status: 200, description: "The settings", schema: configSchema },
  async handle({ context: { environment, objects } }) {
    const { signUp, domains, passwords, providers } = environment.SIGN_IN;
    const origins = await Promise.all(
      (["uploads", "jobs"] as const).map(
        async (bucket) => new URL(await objects.signGet({ bucket, key: "origin" }, { seconds: 60 })).origin,
      ),
    );
    return {
      status: 200,
      body: {
        sign_up: { mode: signUp, domains },
        password_sign_in: passwords,
        identity_providers: providers.map(({ id, label }) => ({ id, label, url: `/accounts/sign-in/${id}/` })),
        sends_mail: environment.MAIL_QUEUE !== undefined,
        storage_origins: [...new Set(origins)],
        limits: {
          min_password_length: minPasswordLength,
          max_password_length: maxPasswordLength,
          max_step_seconds: environment.MAX_EXECUTION_TIME_LIMIT,
        },
        allows_network: environment.ALLOW_NETWORK,
      },
    };
  },
});
