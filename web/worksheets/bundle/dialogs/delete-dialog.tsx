import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { number } from "../../../app/format.ts";
import { ConfirmDialog } from "../../../design/confirm-dialog.tsx";
import { ErrorNotice } from "../../../shell/problem.tsx";
import { deleteBundle, dependantsQuery } from "../queries.ts";
import { useTexts } from "../texts.ts";
import type { Bundle } from "../types.ts";

/** Deletes a bundle. What was made from it is named first, and goes with it or stays. */
export function DeleteDialog({ bundle, onClose }: { bundle: Bundle; onClose: () => void }) {
  const { actions: t } = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { uuid, hosts } = bundle;
  const { data: dependants, error } = useQuery(dependantsQuery(uuid));
  const [all, setAll] = useState(false);
  const count = dependants?.count ?? 0;
  const remove = async () => {
    await deleteBundle(uuid, all);
    await navigate(hosts[0] ? { to: "/worksheets/$uuid/", params: { uuid: hosts[0].uuid } } : { to: "/worksheets/" });
    client.removeQueries({ queryKey: ["bundle"] });
    await Promise.all(
      ["bundles", "worksheet", "worksheets"].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  };
  return (
    <ConfirmDialog
      title={t.delete}
      action={t.deleteCount(all ? count + 1 : 1, number(count + 1))}
      keep={t.keep}
      isReady={dependants !== undefined || error !== null}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t.deleteAsk}</p>
      {hosts.length > 0 && <p>{t.deleteHosts(hosts.length)}</p>}
      {dependants !== undefined && count > 0 && (
        <>
          <p>{t.dependants(count, number(count))}</p>
          <ul className="bundle-named small">
            {dependants.named.map((one) => (
              <li key={one.uuid}>{one.name}</li>
            ))}
          </ul>
          <fieldset aria-label={t.delete} className="dialog-form">
            {[false, true].map((wanted) => (
              <label key={String(wanted)} className="bundle-choice">
                <input type="radio" name="all" checked={all === wanted} onChange={() => setAll(wanted)} />
                <span>{wanted ? t.all(number(count + 1)) : t.only}</span>
              </label>
            ))}
          </fieldset>
        </>
      )}
      {error !== null && (
        <>
          <p>{t.notAll}</p>
          <ErrorNotice error={error} />
          <p>{t.only}</p>
        </>
      )}
    </ConfirmDialog>
  );
}
