import { Link } from "@tanstack/react-router";
import { addressOf } from "./address.ts";
import { labelOf, stepsOf } from "./label.ts";
import type { Form } from "./state/form.ts";
import type { Problem } from "./state/problems.ts";
import { sectionOf } from "./state/sections.ts";
import { useTexts } from "./texts.ts";
import { sentenceOf } from "./sentence.ts";

/** Everything that stops the form from being saved. Each line leads to its field. */
export function Summary(props: { id: number | null; form: Form; problems: Problem[]; onGo: (path: string) => void }) {
  const { id, form, problems, onGo } = props;
  const t = useTexts();
  return (
    <div role="alert" className="notice bad editor-summary">
      <p>
        <b>{t.problems(problems.length)}</b>
      </p>
      <ul>
        {problems.map(({ path, reason }, at) => (
          <li key={`${path} ${at}`}>
            <Link {...addressOf(id, sectionOf(path))} onClick={() => onGo(path)}>
              {labelOf(stepsOf(path), [form], t)}
            </Link>
            : {sentenceOf(reason, t)}
          </li>
        ))}
      </ul>
    </div>
  );
}
