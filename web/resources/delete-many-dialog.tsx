import { ApiError, api, ask } from "../api/client.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { useTexts } from "./texts.ts";

/** Asks before several things are deleted, all or none, and names those that cannot be. */
export function DeleteManyDialog(props: {
  title: string;
  names: string[];
  ids: number[];
  path: "/api/datasets/delete_many/" | "/api/tasks/delete_many/";
  onDeleted: () => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useTexts();
  const { title, names, ids, path, onDeleted, onClose } = props;
  const kept = (error: Error) => (error instanceof ApiError ? Object.keys(error.fields) : []);
  return (
    <ConfirmDialog
      title={title}
      action={t.delete}
      onConfirm={async () => {
        await ask(api.POST(path, { body: ids }));
        await onDeleted();
      }}
      whenRefused={(error) => kept(error).length > 0 && <p>{t.keptBecause(kept(error).join(", "))}</p>}
      onClose={onClose}
    >
      <ul className="resources-list">
        {names.map((name, at) => (
          <li key={ids[at]}>{name}</li>
        ))}
      </ul>
      <p className="quiet">{t.deleteForGood}</p>
    </ConfirmDialog>
  );
}
