import { useState } from "react";
import { useEditor } from "../context.ts";
import { ChooseDialog } from "../parts/choose-dialog.tsx";
import { Group, PartProblem } from "../parts/fields.tsx";
import { useTexts } from "../texts.ts";

/** Who else may do what the owner may, except deleting the competition. */
export function Organizers({ owner }: { owner: string }) {
  const t = useTexts();
  const { form, change } = useEditor();
  const [adding, setAdding] = useState(false);
  const { collaborators } = form;
  return (
    <Group title={t.sections.organizers} about={t.organizersAbout}>
      <ul className="editor-chosen-list">
        <li className="editor-chosen">
          <span>{owner}</span>
          <span className="small quiet">{t.owner}</span>
        </li>
        {collaborators.map((person) => (
          <li key={person.part} className="editor-chosen">
            <span>{person.username}</span>
            <button
              type="button"
              className="button"
              aria-label={`${t.remove}: ${person.username}`}
              onClick={() =>
                change(({ collaborators }) => ({
                  collaborators: collaborators.filter(({ part }) => part !== person.part),
                }))
              }
            >
              {t.remove}
            </button>
          </li>
        ))}
      </ul>
      <PartProblem path="collaborators" />
      <p>
        <button type="button" className="button" onClick={() => setAdding(true)}>
          {t.addOrganizer}
        </button>
      </p>
      {adding && (
        <ChooseDialog
          kind="person"
          title={t.addOrganizer}
          chosen={collaborators.map(({ part }) => part)}
          onChoose={({ part, name }) => {
            const person = { part, id: Number(part), name, username: name };
            change(({ collaborators }) => ({ collaborators: [...collaborators, person] }));
            setAdding(false);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Group>
  );
}
