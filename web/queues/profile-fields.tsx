import { useId } from "react";
import { dollars, number } from "../app/format.ts";
import type { Profile } from "./queries.ts";
import { useTexts } from "./texts.ts";

export interface StepProfiles {
  prediction_profile: string | null;
  scoring_profile: string | null;
}

/** The capacity profile of each step, with what it has and costs. */
export function ProfileFields(props: {
  profiles: Profile[];
  value: StepProfiles;
  onChange: (value: StepProfiles) => void;
}) {
  const t = useTexts();
  const { profiles, value, onChange } = props;
  return (
    <div className="queue-form-pair">
      <ProfileField
        label={t.predictionProfile}
        profiles={profiles}
        value={value.prediction_profile}
        onChange={(prediction_profile) => onChange({ ...value, prediction_profile })}
      />
      <ProfileField
        label={t.scoringProfile}
        profiles={profiles}
        value={value.scoring_profile}
        onChange={(scoring_profile) => onChange({ ...value, scoring_profile })}
      />
    </div>
  );
}

function ProfileField(props: {
  label: string;
  profiles: Profile[];
  value: string | null;
  onChange: (name: string) => void;
}) {
  const t = useTexts();
  const id = useId();
  const { label, profiles, value, onChange } = props;
  const chosen = profiles.find(({ name }) => name === value);
  // One that is no longer offered stays until another is chosen.
  const names = profiles.map(({ name }) => name);
  if (value !== null && !chosen) names.push(value);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value ?? ""}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => onChange(target.value)}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <span id={`${id}-hint`} className="hint">
        {chosen &&
          t.profile({
            cpus: number(chosen.cpu / 1024),
            memory: number(chosen.memoryMiB / 1024, { maximumFractionDigits: 1 }),
            gpus: chosen.gpus,
            runsOn: chosen.runs_on,
            price: chosen.usd_per_hour === null ? null : dollars(chosen.usd_per_hour),
          })}
      </span>
    </div>
  );
}
