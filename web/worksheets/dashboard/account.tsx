import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { bytes, number, took } from "../../app/format.ts";
import { accountQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const day = 24 * 3600;

/** A time of the quota. Of a month, the minutes do not matter. */
const time = (seconds: number): string =>
  seconds < 2 * day
    ? took(seconds * 1000)
    : number(Math.round(seconds / day), { style: "unit", unit: "day", unitDisplay: "long" });

/** How much the reader may use, and has used. */
export function Account() {
  const t = useTexts();
  const { data } = useSuspenseQuery(accountQuery);
  return (
    <section className="card sheets-account" aria-labelledby="account-title">
      <h2 id="account-title">{t.quota}</h2>
      <Used name={t.disk} used={data.disk_used} quota={data.disk_quota} shown={bytes} />
      <Used name={t.time} used={data.time_used} quota={data.time_quota} shown={time} />
      <Link to="/storage/" className="small">
        {t.storage}
      </Link>
    </section>
  );
}

function Used(props: { name: string; used: number; quota: number; shown: (amount: number) => string }) {
  const t = useTexts();
  const { name, used, quota, shown } = props;
  const part = quota > 0 ? Math.min(1, used / quota) : 1;
  const words = t.usedOf(shown(used), shown(quota));
  return (
    <div className="sheets-used">
      <p className="small">
        <strong>{name}</strong> <span className="quiet">{words}</span>
      </p>
      <svg className="sheets-bar" role="img" aria-label={`${name}: ${words}`} width="100%" height="8">
        <rect className="sheets-ground" width="100%" height="8" />
        <rect className="sheets-filled" data-full={part >= 0.9} width={`${part * 100}%`} height="8" />
      </svg>
    </div>
  );
}
