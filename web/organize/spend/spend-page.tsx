import "./spend-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask, type Shape } from "../../api/client.ts";
import { date, dollars, number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import { Field } from "../../design/field.tsx";
import { Segments } from "../../design/segments.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { budgetQuery, costsQuery, worstCaseQuery } from "../queries.ts";
import { Table } from "../table-parts.tsx";
import { CostChart } from "./cost-chart.tsx";
import { useTexts } from "./texts.ts";
import { WorstCase } from "./worst-case.tsx";
import { changed } from "../../app/address.ts";

const route = getRouteApi("/competitions/$id/organize/spend");

/** What the competition costs, has cost and can cost. */
export function SpendPage() {
  const t = useTexts();
  const { id, title } = useCompetition();
  const { data: worst } = useSuspenseQuery(worstCaseQuery(id));
  return (
    <>
      <PageTitle>{`${t.title} · ${title}`}</PageTitle>
      <h2>{t.title}</h2>
      <Budget id={id} />
      <Costs id={id} />
      <section className="org-page" aria-labelledby="worst">
        <h3 id="worst">{t.worst}</h3>
        <WorstCase worst={worst} />
      </section>
    </>
  );
}

const tones = { within: "good", "nearly spent": "wait", spent: "bad" } as const;

function Budget({ id }: { id: number }) {
  const t = useTexts();
  const { data: budget } = useSuspenseQuery(budgetQuery(id));
  const [isAsked, setAsked] = useState(false);
  const used = Number(budget.spent_usd) + Number(budget.running_usd);
  const monthly = budget.monthly_usd === null ? null : Number(budget.monthly_usd);
  const facts: [string, string][] = [
    [t.spent, dollars(budget.spent_usd)],
    [t.running, dollars(budget.running_usd)],
    [t.monthly, monthly === null ? t.unlimited : dollars(monthly)],
    ...(monthly === null ? [] : [[t.left, dollars(Math.max(0, monthly - used))] as [string, string]]),
  ];
  return (
    <section className="card org-card" aria-labelledby="budget">
      <div className="org-card-head">
        <h3 id="budget">
          {t.budget}{" "}
          {monthly !== null && <span className={`pill ${tones[budget.state]}`}>{t.state[budget.state]}</span>}
        </h3>
        {budget.is_of_administrator ? (
          <span className="small quiet">{t.ofAdministrator}</span>
        ) : (
          <button type="button" className="button" onClick={() => setAsked(true)}>
            {t.set}
          </button>
        )}
      </div>
      <dl className="org-facts numbers">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="small quiet">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {monthly !== null && monthly > 0 && (
        <meter
          className="spend-meter"
          min={0}
          max={monthly}
          value={Math.min(used, monthly)}
          aria-label={t.meter(dollars(used), dollars(monthly))}
        />
      )}
      <p className="small quiet">{monthly === null ? t.noBudget : t.anew(date(budget.begins_anew))}</p>
      {isAsked && <BudgetDialog id={id} budget={budget} onClose={() => setAsked(false)} />}
    </section>
  );
}

function BudgetDialog({ id, budget, onClose }: { id: number; budget: Shape<"Budget">; onClose: () => void }) {
  const t = useTexts();
  const [amount, setAmount] = useState(budget.monthly_usd === null ? "" : String(Number(budget.monthly_usd)));
  return (
    <AskDialog
      title={t.setTitle}
      button={t.save}
      act={() =>
        ask(
          api.PUT("/api/competitions/{id}/budget/", {
            params: { path: { id } },
            body: { monthly_usd: amount === "" ? null : Number(amount) },
          }),
        )
      }
      onClose={onClose}
    >
      <p>{t.setAbout}</p>
      <Field
        label={t.amount}
        hint={t.amountHint}
        type="number"
        min={0}
        step="any"
        value={amount}
        onChange={({ target }) => setAmount(target.value)}
      />
    </AskDialog>
  );
}

const spans = [7, 30, 90, 366] as const;

function Costs({ id }: { id: number }) {
  const t = useTexts();
  const { days = "30" } = route.useSearch();
  const { data: costs } = useSuspenseQuery(costsQuery(id, days));
  const platform = costs.filter(({ paid_by }) => paid_by === "platform");
  return (
    <section className="org-page" aria-labelledby="costs">
      <div className="org-head">
        <h3 id="costs">{t.byDay}</h3>
        <Segments label={t.span}>
          {spans.map((span) => (
            <Link
              key={span}
              {...changed({ days: span === 30 ? undefined : String(span) })}
              aria-current={String(span) === days ? "true" : undefined}
              activeOptions={{ exact: true, explicitUndefined: true }}
            >
              {t.days(span)}
            </Link>
          ))}
        </Segments>
      </div>
      {costs.length === 0 ? (
        <p className="card org-empty">{t.noCosts}</p>
      ) : (
        <>
          <CostChart costs={platform} days={Number(days)} />
          <Table label={t.byDay}>
            <thead>
              <tr>
                <th scope="col">{t.day}</th>
                <th scope="col">{t.queue}</th>
                <th scope="col">{t.payer}</th>
                <th scope="col" className="number">
                  {t.runs}
                </th>
                <th scope="col" className="number">
                  {t.cost}
                </th>
              </tr>
            </thead>
            <tbody>
              {costs.map(({ day, queue, paid_by, attempts, usd }) => (
                <tr key={`${day} ${queue.id} ${paid_by}`}>
                  <th scope="row">{date(`${day}T12:00:00`)}</th>
                  <td>{queue.name}</td>
                  <td>{paid_by === "platform" ? t.platform : t.owner}</td>
                  <td className="number">{number(attempts)}</td>
                  <td className="number">{dollars(usd)}</td>
                </tr>
              ))}
            </tbody>
          </Table>
          <p className="small quiet numbers">
            {t.total(dollars(costs.reduce((sum, { usd }) => sum + Number(usd), 0)))}
          </p>
        </>
      )}
    </section>
  );
}
