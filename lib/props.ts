/** The props of our constructs. The package has them as interfaces, which are made from the schema. */
import type * as z from "zod";
import { BadConfiguration, type deploymentSchema } from "./deployment.ts";

/** The options of a whole stack. In a stack of yours, CDK has them: `Tags.of`, `PermissionsBoundary.of`, synthesizers. */
export const stackOptions = ["bootstrapQualifier", "permissionsBoundary", "tags"] as const;

/** The name of the stack is the name of the deployment. */
export type BenchstackStackProps = Omit<z.input<typeof deploymentSchema>, "name">;

export type BenchstackProps = Omit<BenchstackStackProps, (typeof stackOptions)[number]>;

/** Refuses props of a whole stack, which the types do not have but JavaScript may give. */
export function refuseStackOptions(props: BenchstackProps): void {
  for (const option of stackOptions)
    if (option in props)
      throw new BadConfiguration(`The prop ${option} is for BenchstackStack. Set it on your own stack, with CDK.`);
}
