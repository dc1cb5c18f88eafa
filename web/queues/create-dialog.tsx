import "./queue-forms.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Check, Field } from "../design/field.tsx";
import { ProfileFields } from "./profile-fields.tsx";
import { createQueue, makeCommand, profilesQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Asks for a name and for who runs the jobs. A queue for one's own machines opens with the command that starts a worker. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: profiles } = useSuspenseQuery(profilesQuery);
  const [name, setName] = useState("");
  const [isPublic, setPublic] = useState(false);
  const [byPlatform, setByPlatform] = useState(false);
  const first = profiles[0]?.name ?? null;
  const [steps, setSteps] = useState({ prediction_profile: first, scoring_profile: first });
  const create = async () => {
    const queue = await createQueue({ name: name.trim(), is_public: isPublic, ...(byPlatform ? steps : {}) });
    await client.invalidateQueries({ queryKey: ["queues"] });
    if (!byPlatform) await makeCommand(client, queue.id, "worker");
    await navigate({ to: "/queues/$id/", params: { id: queue.id } });
  };
  return (
    <ConfirmDialog title={t.createTitle} action={t.create} isSafe onConfirm={create} onClose={onClose}>
      <Field
        label={t.name}
        hint={t.nameHint}
        value={name}
        maxLength={64}
        required
        onChange={({ target }) => setName(target.value)}
      />
      <fieldset className="queue-choices">
        <legend>{t.who}</legend>
        <label>
          <input type="radio" name="who" checked={!byPlatform} onChange={() => setByPlatform(false)} />
          <span>
            {t.ownMachines}
            <span className="small quiet">{t.ownMachinesHint}</span>
          </span>
        </label>
        {profiles.length > 0 && (
          <label>
            <input type="radio" name="who" checked={byPlatform} onChange={() => setByPlatform(true)} />
            <span>
              {t.platformMachines}
              <span className="small quiet">{t.platformMachinesHint}</span>
            </span>
          </label>
        )}
      </fieldset>
      {byPlatform && <ProfileFields profiles={profiles} value={steps} onChange={setSteps} />}
      <Check
        label={t.makePublic}
        hint={t.makePublicHint}
        checked={isPublic}
        onChange={({ target }) => setPublic(target.checked)}
      />
    </ConfirmDialog>
  );
}
