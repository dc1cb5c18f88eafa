import * as z from "zod";
import { plainProblem } from "../lambdas/kernel/plain-problems.ts";
import { identityProvidersSchema, type IdentityProvider } from "../lambdas/accounts/rules/sign-in-options.ts";

const withSecrets = z.record(z.string(), z.looseObject({ clientSecret: z.string().min(1) }));

/** Reads the text of a file with identity providers and their client secrets. Throws a sentence that repeats no secret. */
export function readIdentityProviders(text: string): {
  providers: Record<string, IdentityProvider>;
  secrets: Record<string, string>;
} {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("The file is not valid JSON.");
  }
  const given = checked(withSecrets, file);
  const entries = Object.entries(given);
  const providers = entries.map(([id, { clientSecret: _, ...provider }]) => [id, provider] as const);
  return {
    providers: checked(identityProvidersSchema, Object.fromEntries(providers)),
    secrets: Object.fromEntries(entries.map(([id, { clientSecret }]) => [id, clientSecret])),
  };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: plainProblem });
  if (parsed.success) return parsed.data;
  throw new Error(`The file is not valid.\n${z.prettifyError(parsed.error)}`);
}
