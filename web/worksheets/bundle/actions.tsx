import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Icon } from "../../design/icons.tsx";
import { Popover } from "../../design/popover.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { isActive, isFinal } from "../states.tsx";
import { blobAddress } from "./blob.ts";
import { DeleteDialog } from "./dialogs/delete-dialog.tsx";
import { RerunDialog } from "./dialogs/rerun-dialog.tsx";
import { WriteDialog } from "./dialogs/write-dialog.tsx";
import { changeBundle, killBundle } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { hasFiles, type Bundle } from "./types.ts";

const dialogs = ["kill", "rerun", "write", "freeze", "delete"] as const;
type Asked = (typeof dialogs)[number];

/** What the reader may do with the bundle now. */
export function Actions({ bundle }: { bundle: Bundle }) {
  const { actions: t } = useTexts();
  const { user } = useSession();
  const client = useQueryClient();
  const [asked, ask] = useState<Asked | null>(null);
  const { uuid, state, frozen, bundle_type: type } = bundle;
  const refresh = () => client.invalidateQueries({ queryKey: ["bundle", uuid] });
  const unfreeze = useMutation({ mutationFn: () => changeBundle(uuid, { frozen: false }), onSuccess: refresh });
  const mayChange = bundle.permission === 2;
  const isOver = isFinal(state);
  const canRerun = user !== null && type === "run";
  const choices: Asked[] = [
    ...(mayChange && type === "run" && state === "running" ? (["write"] as const) : []),
    ...(canRerun && !isOver ? (["rerun"] as const) : []),
    ...(mayChange && isOver && frozen === null ? (["freeze"] as const) : []),
    ...(mayChange && !isActive(state) && frozen === null ? (["delete"] as const) : []),
  ];
  const close = () => ask(null);
  return (
    <div className="bundle-actions">
      {mayChange && !isOver && (
        <button type="button" className="button danger" onClick={() => ask("kill")}>
          {t.kill}
        </button>
      )}
      {canRerun && isOver && (
        <button type="button" className="button main" onClick={() => ask("rerun")}>
          {t.rerun}
        </button>
      )}
      {isOver && hasFiles(bundle) && (
        <a href={blobAddress(uuid)} download className="button">
          <Icon name="download" />
          {t.download}
        </a>
      )}
      {mayChange && frozen !== null && (
        <button type="button" className="button" disabled={unfreeze.isPending} onClick={() => unfreeze.mutate()}>
          {unfreeze.isPending ? t.busy : t.unfreeze}
        </button>
      )}
      {choices.length > 0 && (
        <Popover className="bundle-menu" buttonClass="button" label={t.more} button={t.more}>
          <div className="menu">
            {choices.map((choice) => (
              <button
                key={choice}
                type="button"
                className="nav-link"
                data-danger={choice === "delete"}
                onClick={({ currentTarget }) => {
                  currentTarget.closest<HTMLElement>("[popover]")?.hidePopover();
                  ask(choice);
                }}
              >
                {t[choice]}
              </button>
            ))}
          </div>
        </Popover>
      )}
      {unfreeze.isError && <ErrorNotice error={unfreeze.error} />}
      {asked === "kill" && (
        <ConfirmDialog
          title={t.kill}
          action={t.kill}
          keep={t.keep}
          onConfirm={() => killBundle(uuid).then(refresh)}
          onClose={close}
        >
          <p>{t.killAsk}</p>
        </ConfirmDialog>
      )}
      {asked === "freeze" && (
        <ConfirmDialog
          title={t.freeze}
          action={t.freeze}
          isSafe
          onConfirm={() => changeBundle(uuid, { frozen: true }).then(refresh)}
          onClose={close}
        >
          <p>{t.freezeAsk}</p>
        </ConfirmDialog>
      )}
      {asked === "delete" && <DeleteDialog bundle={bundle} onClose={close} />}
      {asked === "rerun" && <RerunDialog bundle={bundle} onClose={close} />}
      {asked === "write" && <WriteDialog bundle={bundle} onClose={close} />}
    </div>
  );
}
