import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";
import { api, ask } from "../api/client.ts";
import { date, dollars } from "../app/format.ts";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { Hosts } from "./hosts.tsx";
import { budgetQuery, isServedByPlatform, type Budget, type Queue } from "./queries.ts";
import { useSpendingTexts } from "./spending-texts.ts";

/** What the platform pays for the queue, how much it may, and hosts that were asked for. */
export function Spending({ queue }: { queue: Queue }) {
  const t = useSpendingTexts();
  return (
    <>
      {isServedByPlatform(queue) ? (
        <BudgetPart queue={queue} />
      ) : (
        <p className="card queue-section quiet">{t.paysNothing}</p>
      )}
      {queue.owner !== null && <Hosts queue={queue} />}
    </>
  );
}

function BudgetPart({ queue }: { queue: Queue }) {
  const t = useSpendingTexts();
  const { data: budget } = useSuspenseQuery(budgetQuery(queue.id));
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.thisMonth}</h2>
        <p className="small quiet">{t.monthAbout(date(budget.begins_anew))}</p>
      </div>
      <div className="card queue-section">
        <Spent budget={budget} />
        {queue.permissions.edit && <BudgetForm key={budget.monthly_usd} queue={queue} budget={budget} />}
      </div>
    </section>
  );
}

function Spent({ budget }: { budget: Budget }) {
  const t = useSpendingTexts();
  const { monthly_usd: most, spent_usd: spent, hosts_usd: hosts, running_usd: running, state } = budget;
  const label = most === null ? t.noBudget(dollars(spent)) : t.spentOf(dollars(spent), dollars(most));
  const tones = { within: "good", "nearly spent": "wait", spent: "bad" } as const;
  return (
    <div className="queue-spent">
      <p className="queue-spent-line">
        {label}
        {most !== null && <span className={`pill ${tones[state]}`}>{t.budgetStates[state]}</span>}
      </p>
      {most !== null && (
        <svg className={`queue-meter ${tones[state]}`} role="img" aria-label={label} width="100%" height="10">
          <rect className="queue-meter-ground" width="100%" height="10" rx="5" />
          <rect
            className="queue-meter-fill"
            width={`${Math.min(100, (Number(spent) / Math.max(Number(most), 0.01)) * 100)}%`}
            height="10"
            rx="5"
          />
        </svg>
      )}
      <p className="small quiet">{t.spentParts(dollars(running), dollars(hosts))}</p>
    </div>
  );
}

function BudgetForm({ queue, budget }: { queue: Queue; budget: Budget }) {
  const t = useSpendingTexts();
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (monthly_usd: number | null) =>
      ask(api.PUT("/api/queues/{id}/budget/", { params: { path: { id: queue.id } }, body: { monthly_usd } })),
    onSuccess: (changed) => client.setQueryData(budgetQuery(queue.id).queryKey, changed),
  });
  return (
    <form
      className="queue-form-row"
      onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        set.mutate(Number(new FormData(event.currentTarget).get("monthly_usd")));
      }}
    >
      <Field
        label={t.budget}
        hint={budget.is_of_administrator ? t.budgetOfAdministrator : t.budgetHint}
        name="monthly_usd"
        type="number"
        min={0}
        step="any"
        required
        defaultValue={budget.monthly_usd ?? ""}
      />
      <span className="queue-form-buttons">
        <button type="submit" className="button" disabled={set.isPending}>
          {t.setBudget}
        </button>
        {budget.monthly_usd !== null && (
          <button type="button" className="button" disabled={set.isPending} onClick={() => set.mutate(null)}>
            {t.removeBudget}
          </button>
        )}
      </span>
      {set.isError && <ErrorNotice error={set.error} />}
    </form>
  );
}
