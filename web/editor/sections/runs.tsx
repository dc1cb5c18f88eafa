import { useEditor } from "../context.ts";
import { ChosenField } from "../parts/chosen.tsx";
import { Group, TextField } from "../parts/fields.tsx";
import { SwitchField } from "../parts/switch-field.tsx";
import { useTexts } from "../texts.ts";

/** Where and how submissions run, and what people see of it. */
export function Runs({ networkProblem }: { networkProblem: string | null }) {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <>
      <Group title={t.howItRuns}>
        <TextField
          path="docker_image"
          label={t.fields.docker_image}
          hint={t.hints.docker_image}
          value={form.docker_image}
          maxLength={128}
          onChange={(docker_image) => change(() => ({ docker_image }))}
        />
        <ChosenField
          path="queue"
          kind="queue"
          label={t.fields.queue}
          hint={t.hints.queue}
          none={t.standard}
          value={form.queue}
          onChange={(queue) => change(() => ({ queue }))}
        />
        <SwitchField name="auto_run_submissions" />
        <SwitchField name="enable_network" />
        {form.enable_network && networkProblem && <p className="notice wait small">{networkProblem}</p>}
      </Group>
      <Group title={t.whatPeopleSee}>
        <SwitchField name="enable_detailed_results" />
        {form.enable_detailed_results && (
          <>
            <SwitchField name="show_detailed_results_in_submission_panel" />
            <SwitchField name="show_detailed_results_in_leaderboard" />
          </>
        )}
        <SwitchField name="make_programs_available" />
        <SwitchField name="make_input_data_available" />
      </Group>
    </>
  );
}
