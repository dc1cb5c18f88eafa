import "./failure.css";
import type { Submission } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { containers } from "./log/log-book.ts";

/** Why a submission failed, in the platform's words and then in those of the program. */
export function Failure({ submission }: { submission: Submission }) {
  const t = useTexts();
  const { failure, status_details: details } = submission;
  const name = failure && `${failure.step}${failure.container === "ingestion" ? "_ingestion" : ""}`;
  const container = containers.find((one) => one === name);
  const lines = failure?.last_lines ?? [];
  return (
    <section className="notice bad" aria-label={t.failure.title}>
      <p className="failure-title">{failure?.message || details || t.failure.title}</p>
      {lines.length > 0 && container && (
        <figure className="failure-last">
          <figcaption className="small">
            {t.failure.last(t.log.names[container])}
            {failure?.exit_code != null && ` (${t.failure.exit(failure.exit_code)})`}
          </figcaption>
          <pre
            className="failure-lines"
            tabIndex={0}
            ref={(box) => {
              // The last line says most.
              if (box) box.scrollTop = box.scrollHeight;
            }}
          >
            {lines.join("\n")}
          </pre>
        </figure>
      )}
    </section>
  );
}
