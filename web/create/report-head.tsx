import type { ReactNode } from "react";
import type { Problem } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The name of a bundle, what was found, and what to do next. */
export function ReportHead(props: { title: string; problems: Problem[]; children: ReactNode }) {
  const t = useTexts();
  const errors = props.problems.filter(({ severity }) => severity === "error").length;
  const warnings = props.problems.length - errors;
  const words = [...(errors > 0 ? [t.problems(errors)] : []), ...(warnings > 0 ? [t.warnings(warnings)] : [])];
  return (
    <div className="upload-head">
      <h1>{props.title}</h1>
      <span role="status" className={`pill ${errors > 0 ? "bad" : warnings > 0 ? "wait" : "good"}`}>
        {words.join(", ") || t.ready}
      </span>
      <div className="upload-actions">{props.children}</div>
    </div>
  );
}
