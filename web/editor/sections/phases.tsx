import { dateTime } from "../../app/format.ts";
import { useEditor } from "../context.ts";
import { PartProblem } from "../parts/fields.tsx";
import { PartCards } from "../parts/part-card.tsx";
import { newPhase, type Phase } from "../state/form.ts";
import { useTexts } from "../texts.ts";
import { PhaseFields } from "./phase-fields.tsx";

/** When people submit, to which tasks and how often. */
export function Phases() {
  const t = useTexts();
  const { form, change } = useEditor();
  const span = ({ start, end }: Phase) =>
    start === "" ? null : `${dateTime(start)} – ${end === null ? t.noEnd : end === "" ? "…" : dateTime(end)}`;
  return (
    <>
      <PartCards
        path="phases"
        parts={form.phases}
        nameOf={({ name }, at) => name || t.phase(at + 1)}
        about={span}
        onChange={(phases) => change(() => ({ phases }))}
      >
        {(phase, at, onChange) => <PhaseFields phase={phase} at={at} onChange={onChange} />}
      </PartCards>
      <PartProblem path="phases" />
      <p>
        <button
          type="button"
          className="button"
          onClick={() => change(({ phases }) => ({ phases: [...phases, newPhase(phases.at(-1))] }))}
        >
          {t.addPhase}
        </button>
      </p>
    </>
  );
}
