import { z } from "zod";

const schema = z.strictObject({
  /** Name of the stack; another name is another platform beside the first. */
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, "use at most 40 letters, digits and hyphens, a letter first")
    .default("Benchstack"),
  /** `production` keeps data when the stack is deleted or a resource replaced; `trial` deletes it all. */
  mode: z.enum(["production", "trial"]).default("production"),
});

/** What an institution decides about its deployment. */
export type Deployment = z.output<typeof schema>;

/**
 * Reads the deployment's config from CDK context: `cdk.json`, or `-c mode=trial` on the command line. Throws one
 * sentence that names what is wrong.
 */
export function readDeployment(context: (key: string) => unknown): Deployment {
  const parsed = schema.safeParse({ name: context("name"), mode: context("mode") });
  if (parsed.success) return parsed.data;
  throw new Error(`The deployment's context is not valid. ${z.prettifyError(parsed.error)}`);
}
