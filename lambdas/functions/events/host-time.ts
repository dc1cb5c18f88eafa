import * as z from "zod";
import { hostSchema } from "../../../contract/capacity-profile.ts";
import { countHostTime } from "../../jobs/service/host-time.ts";
import { currentContext } from "../context.ts";

const lookSchema = z.object({
  providers: z.array(
    z.object({
      name: z.string(),
      host: hostSchema.nullable(),
      hosts: z.array(z.object({ id: z.string(), launched: z.coerce.date() })),
    }),
  ),
});
/** What a look at the EC2 hosts found, as it is sent. */
export type HostLook = z.input<typeof lookSchema>;

/** Runs inside the VPC for the function outside that looks at EC2 hosts. Bills their time without a step. */
export async function handler(event: HostLook): Promise<null> {
  await countHostTime(currentContext(), lookSchema.parse(event).providers);
  return null;
}
