import * as z from "zod";
import { idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { invoiceOf } from "../../service/costs.ts";
import { amount, payer, shownAmount } from "../shapes/amount.ts";

const invoice = z
  .object({
    lines: z.array(
      z.object({
        task: z.object({ id: z.int(), name: z.string() }).nullable().meta({ description: "Null if it was deleted" }),
        attempt: z.int(),
        step: z.string(),
        on: z.string().meta({ description: "What the step ran on, for example: Fargate, 2 vCPU, 8 GB" }),
        seconds: z.number().meta({ description: "From the start of preparing, or the billed minimum" }),
        usd_per_hour: amount.meta({ description: "The list price; null if it is not known" }),
        price_region: z.string().nullable(),
        price_date: z.iso.date().nullable(),
        usd: amount,
        paid_by: payer,
      }),
    ),
    total_usd: amount.meta({ description: "What the platform pays; null if a price is not known" }),
  })
  .meta({ id: "Invoice" });

export const invoiceRoute = route({
  method: "GET",
  path: "/api/submissions/{id}/invoice/",
  summary: "What a submission cost: each step of each attempt that has ended, its seconds, its price and who pays",
  access: "user",
  params: idParams,
  answer: { status: 200, description: "The invoice", schema: invoice },
  async handle({ context, actor, params }) {
    const { lines, total } = await invoiceOf(context, actor, params.id);
    return {
      status: 200,
      body: {
        lines: lines.map(({ task, attempt, step, on, seconds, price, micros, paidBy }) => ({
          ...{ task, attempt, step, on, seconds },
          usd_per_hour: shownAmount(price && price.microsPerHour),
          price_region: price && price.region,
          price_date: price && price.date,
          usd: shownAmount(micros),
          paid_by: paidBy,
        })),
        total_usd: shownAmount(total),
      },
    };
  },
});
