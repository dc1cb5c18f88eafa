import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { api, ask } from "../api/client.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Check, Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { ProfileFields } from "./profile-fields.tsx";
import { changeQueue, profilesQuery, type Queue } from "./queries.ts";
import { Registries } from "./registries.tsx";
import { Sharing } from "./sharing.tsx";
import { useSettingsTexts } from "./settings-texts.ts";
import { useTexts } from "./texts.ts";

/**
 * What the owner decides about a queue. People with whom it is shared change the logins of registries, which machines of an owner have
 * themselves.
 */
export function Settings({ queue }: { queue: Queue }) {
  const { edit } = queue.permissions;
  return (
    <>
      {edit && <General queue={queue} />}
      {queue.prediction_profile !== null && <Registries queue={queue} />}
      {edit && queue.owner !== null && (
        <>
          <Sharing queue={queue} />
          <Delete queue={queue} />
        </>
      )}
    </>
  );
}

const million = 1_000_000;

/** An empty field is no limit. */
const limit = (given: FormDataEntryValue | null, unit: number): number | null =>
  typeof given === "string" && given.trim() !== "" ? Math.round(Number(given) * unit) : null;

const shown = (value: number | null, unit: number): string => (value === null ? "" : String(value / unit));

function General({ queue }: { queue: Queue }) {
  const t = useSettingsTexts();
  const common = useTexts();
  const client = useQueryClient();
  const { data: profiles } = useSuspenseQuery(profilesQuery);
  const [steps, setSteps] = useState({
    prediction_profile: queue.prediction_profile,
    scoring_profile: queue.scoring_profile,
  });
  const [byPlatform, setByPlatform] = useState(queue.prediction_profile !== null);
  const first = profiles[0]?.name ?? null;
  const save = useMutation({
    mutationFn: async (form: FormData) => {
      const name = form.get("name");
      const chosen = {
        prediction_profile: steps.prediction_profile ?? first,
        scoring_profile: steps.scoring_profile ?? first,
      };
      await changeQueue(queue.id, {
        ...(typeof name === "string" && { name: name.trim() }),
        is_public: form.get("is_public") !== null,
        max_running: limit(form.get("max_running"), 1),
        max_step_seconds: limit(form.get("max_step_minutes"), 60),
        max_submission_bytes: limit(form.get("max_megabytes"), million),
        ...(byPlatform ? chosen : { prediction_profile: null, scoring_profile: null }),
      });
      await client.invalidateQueries({ queryKey: ["queue", queue.id] });
      await client.invalidateQueries({ queryKey: ["queues"] });
    },
  });
  return (
    <section className="queue-part">
      <h2>{t.general}</h2>
      <form
        className="card queue-section queue-settings"
        onChange={() => save.reset()}
        onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          save.mutate(new FormData(event.currentTarget));
        }}
      >
        <div className="queue-form-pair">
          <Field label={common.name} name="name" defaultValue={queue.name} maxLength={64} required />
        </div>
        <Check
          label={common.makePublic}
          hint={common.makePublicHint}
          name="is_public"
          defaultChecked={queue.is_public}
        />
        {profiles.length > 0 && queue.owner !== null && (
          <Check
            label={t.platformServes}
            hint={common.platformMachinesHint}
            checked={byPlatform}
            onChange={({ target }) => setByPlatform(target.checked)}
          />
        )}
        {byPlatform && (
          <ProfileFields
            profiles={profiles}
            value={{
              prediction_profile: steps.prediction_profile ?? first,
              scoring_profile: steps.scoring_profile ?? first,
            }}
            onChange={setSteps}
          />
        )}
        <div className="queue-form-pair">
          <Field
            label={t.maxRunning}
            hint={t.noLimit}
            name="max_running"
            type="number"
            min={1}
            defaultValue={shown(queue.max_running, 1)}
          />
          <Field
            label={t.maxStepMinutes}
            hint={t.noLimit}
            name="max_step_minutes"
            type="number"
            min={0}
            step="any"
            defaultValue={shown(queue.max_step_seconds, 60)}
          />
          <Field
            label={t.maxMegabytes}
            hint={t.noLimit}
            name="max_megabytes"
            type="number"
            min={0}
            step="any"
            defaultValue={shown(queue.max_submission_bytes, million)}
          />
        </div>
        {save.isError && <ErrorNotice error={save.error} />}
        <p className="queue-save">
          <button type="submit" className="button main" disabled={save.isPending}>
            {t.save}
          </button>
          <span role="status" className="small quiet">
            {save.isSuccess && t.saved}
          </span>
        </p>
      </form>
    </section>
  );
}

function Delete({ queue }: { queue: Queue }) {
  const t = useSettingsTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  return (
    <section className="queue-part">
      <h2>{t.deleteQueue}</h2>
      <div className="card queue-section">
        <p>{t.deleteAbout}</p>
        <p>
          <button type="button" className="button danger" onClick={() => setAsking(true)}>
            {t.deleteQueue}
          </button>
        </p>
      </div>
      {asking && (
        <ConfirmDialog
          title={t.deleteTitle(queue.name)}
          action={t.deleteQueue}
          onConfirm={async () => {
            await ask(api.DELETE("/api/queues/{id}/", { params: { path: { id: queue.id } } }));
            await navigate({ to: "/queues/" });
            client.removeQueries({ queryKey: ["queue", queue.id] });
            await client.invalidateQueries({ queryKey: ["queues"] });
          }}
          onClose={() => setAsking(false)}
        >
          <p>{t.deleteAbout}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
