/** What was done with many things at once. */
import { number } from "../app/format.ts";
import { useOrganizeTexts } from "./texts.ts";

export interface Outcome {
  done: string;
  skipped: { id: number; detail: string }[];
}

/** Says what was done and what was left out, each reason once. */
export function OutcomeNotice({ outcome }: { outcome: Outcome | undefined }) {
  const t = useOrganizeTexts();
  if (!outcome) return <div role="status" />;
  const { done, skipped } = outcome;
  return (
    <div role="status" className={`notice ${skipped.length > 0 ? "wait" : "good"}`}>
      {done}
      {[...Map.groupBy(skipped, ({ detail }) => detail)].map(([detail, left]) => (
        <p key={detail} className="small">
          {t.leftOut(left.length, number(left.length))}
          {detail}
        </p>
      ))}
    </div>
  );
}
