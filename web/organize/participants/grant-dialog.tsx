import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import type { Competition } from "../../competitions/queries.ts";
import { Field, Select } from "../../design/field.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { because, type Participant } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** Phases with a limit. Nobody needs more than any number. */
export const limitedPhases = ({ phases }: Competition) =>
  phases.filter((phase) => phase.max_submissions_per_day !== null || phase.max_submissions_per_person !== null);

/** Grants a participant more submissions than the limits of a phase allow. */
export function GrantDialog(props: {
  competition: Competition;
  person: Participant;
  onDone: (what: string) => void;
  onClose: () => void;
}) {
  const t = useTexts();
  const { competition, person, onDone, onClose } = props;
  const phases = limitedPhases(competition);
  const [chosen, setChosen] = useState(phases.find(({ status }) => status === "Current")?.id);
  const phase = phases.find(({ id }) => id === chosen) ?? phases[0]!;
  const [perDay, setPerDay] = useState("0");
  const [inAll, setInAll] = useState("0");
  const granted = {
    submissions_per_day: phase.max_submissions_per_day === null ? 0 : Number(perDay),
    submissions_per_person: phase.max_submissions_per_person === null ? 0 : Number(inAll),
  };
  const amount = { type: "number", min: 0, max: 10_000, required: true } as const;
  return (
    <AskDialog
      title={t.grantTo(person.username)}
      button={t.grantButton}
      asksReason
      isReady={granted.submissions_per_day + granted.submissions_per_person > 0}
      act={(reason) =>
        ask(
          api.POST("/api/phases/{id}/grants/", {
            params: { path: { id: phase.id } },
            body: { participant: person.id, ...granted },
            ...because(reason),
          }),
        )
      }
      onDone={() => onDone(t.granted(person.username))}
      onClose={onClose}
    >
      <p className="quiet">{t.grantAbout}</p>
      <Select
        label={t.phase}
        value={phase.id}
        choices={phases.map(({ id, name }) => [String(id), name])}
        onChange={({ target }) => setChosen(Number(target.value))}
      />
      {phase.max_submissions_per_day !== null && (
        <Field {...amount} label={t.perDay} value={perDay} onChange={({ target }) => setPerDay(target.value)} />
      )}
      {phase.max_submissions_per_person !== null && (
        <Field {...amount} label={t.inAll} value={inAll} onChange={({ target }) => setInAll(target.value)} />
      )}
    </AskDialog>
  );
}
