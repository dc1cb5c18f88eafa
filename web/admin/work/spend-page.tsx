import "./work.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { date, dollars } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Field } from "../../design/field.tsx";
import { given } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { budgetQuery } from "./queries.ts";
import { SpendByDay } from "./spend-by-day.tsx";
import { useTexts } from "./texts.ts";

const colours = { within: "good", "nearly spent": "wait", spent: "bad" } as const;

/** What the platform spends, and the budget that stops it. */
export function SpendPage() {
  const t = useTexts();
  const { pages, save } = useAdminTexts();
  const { data: budget } = useSuspenseQuery(budgetQuery);
  const { monthly_usd: monthly, spent_usd: spent } = budget;
  const cards: [string, string][] = [
    [dollars(spent), t.spent],
    [dollars(budget.running_usd), t.running],
    [dollars(budget.hosts_usd), t.hosts],
    [monthly === null ? t.noBudget : dollars(monthly), t.budget],
  ];
  return (
    <>
      <PageTitle>{pages.spend}</PageTitle>
      <div className="admin-head">
        <h1>{pages.spend}</h1>
        <Action
          label={t.setBudget}
          title={t.budgetTitle}
          submit={save}
          run={async (form) => {
            const amount = given(form, "amount");
            await ask(api.PUT("/api/budget/", { body: { monthly_usd: amount === null ? null : Number(amount) } }));
          }}
        >
          <Field
            label={t.amount}
            name="amount"
            type="number"
            min={0}
            max={10_000_000}
            step="0.01"
            defaultValue={monthly ?? ""}
          />
        </Action>
      </div>
      <ul className="admin-cards">
        {cards.map(([amount, label]) => (
          <li key={label} className="card admin-card">
            <b>{amount}</b>
            <span className="small quiet">{label}</span>
          </li>
        ))}
      </ul>
      <section className="card admin-panel" aria-label={t.budgetTitle}>
        {monthly !== null && (
          <>
            <div className="admin-head">
              <b>{t.used(dollars(spent), dollars(monthly))}</b>
              <span className={`pill ${colours[budget.state]}`}>{t.states[budget.state]}</span>
            </div>
            <progress
              className="admin-spend-meter"
              aria-label={t.used(dollars(spent), dollars(monthly))}
              max={Number(monthly) || 1}
              value={Math.min(Number(spent), Number(monthly) || 1)}
            />
          </>
        )}
        <p className="admin-lead quiet">{t.aboutBudget}</p>
        <p className="small quiet">
          {t.anew(date(budget.begins_anew))} {budget.set_by && t.setBy(budget.set_by)}
        </p>
      </section>
      <SpendByDay />
    </>
  );
}
