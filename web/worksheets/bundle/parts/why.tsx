import "../../../submissions/failure.css";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { number } from "../../../app/format.ts";
import { isActive, isFinal, StatePill } from "../../states.tsx";
import { lastLinesQuery, saysWhy } from "../queries.ts";
import { useTexts } from "../texts.ts";
import { numberOf, textOf, type Bundle } from "../types.ts";

/** Why a bundle is not ready, in a sentence. Of one that is, nothing is said. */
export function Why({ bundle }: { bundle: Bundle }) {
  const { state, state_details: details } = bundle;
  if (state === "failed") return <Failure bundle={bundle} />;
  if (state === "killed") return <p className="notice">{textOf(bundle, "failure_message") || details}</p>;
  if (isFinal(state)) return null;
  return (
    <div className={`notice ${isActive(state) ? "" : "wait"}`}>
      <p>{details}</p>
      {state === "created" && <Missing bundle={bundle} />}
    </div>
  );
}

/** What a bundle depends on and that has not ended. */
function Missing({ bundle }: { bundle: Bundle }) {
  const t = useTexts();
  const missing = bundle.dependencies.filter(({ parent_state: state }) => state !== null && state !== "ready");
  if (missing.length === 0) return null;
  return (
    <p className="bundle-missing">
      {t.waitsFor}
      {missing.map(({ child_path: key, parent_uuid: uuid, parent_name: name, parent_state: state }) => (
        <span key={key} className="bundle-missing-one">
          <Link to="/bundles/$uuid/" params={{ uuid }}>
            {name ?? key}
          </Link>
          <StatePill state={state!} />
        </span>
      ))}
    </p>
  );
}

/** Why a bundle failed: in the platform's words, and then in those of the program. */
function Failure({ bundle }: { bundle: Bundle }) {
  const t = useTexts();
  const { data: last } = useQuery({ ...lastLinesQuery(bundle), enabled: saysWhy(bundle) });
  const message = textOf(bundle, "failure_message");
  const exit = numberOf(bundle, "exitcode");
  const tellsExit = exit !== null && !/exit code/i.test(message);
  return (
    <section className="notice bad" aria-label={t.failed}>
      <p className="failure-title">
        {message || bundle.state_details}
        {tellsExit && ` (${t.exit(number(exit))})`}
      </p>
      {last && (
        <figure className="failure-last">
          <figcaption className="small">{t.last[last.stream]}</figcaption>
          <pre
            className="failure-lines"
            tabIndex={0}
            ref={(box) => {
              // The last line says most.
              if (box) box.scrollTop = box.scrollHeight;
            }}
          >
            {last.text}
          </pre>
        </figure>
      )}
    </section>
  );
}
