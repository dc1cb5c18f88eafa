import * as z from "zod";
import type { HostOrder } from "../../jobs/rules/capacity-request.ts";
import { hostOrders, orderDone, orderFailed } from "../../jobs/service/capacity-requests.ts";
import { currentContext } from "../context.ts";

const ordersSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("take") }),
  z.object({ type: z.literal("done"), id: z.guid(), action: z.enum(["make", "remove"]) }),
  z.object({ type: z.literal("failed"), id: z.guid(), problem: z.string().max(1000) }),
]);
export type HostMessage = z.infer<typeof ordersSchema>;

/** Runs inside the VPC for the function outside that makes hosts. Says what has to be done, and records what became of it. */
export async function handler(event: HostMessage): Promise<HostOrder[] | null> {
  const message = ordersSchema.parse(event);
  const context = currentContext();
  switch (message.type) {
    case "take":
      return hostOrders(context);
    case "done":
      await orderDone(context, message.id, message.action);
      return null;
    case "failed":
      await orderFailed(context, message.id, message.problem);
      return null;
  }
}
