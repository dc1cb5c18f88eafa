import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../../../api/session.ts";
import { Facts } from "../../../design/facts.tsx";
import { Check } from "../../../design/field.tsx";
import { ErrorNotice } from "../../../shell/problem.tsx";
import { PermissionsDialog } from "../../permissions-dialog.tsx";
import { useTexts as useCommonTexts } from "../../texts.ts";
import { changeBundle } from "../queries.ts";
import { useTexts } from "../texts.ts";
import type { Bundle } from "../types.ts";

/** Who may see a bundle, and for those who may do all with it the way to change that. */
export function SharingCard({ bundle }: { bundle: Bundle }) {
  const { sharing: t } = useTexts();
  const { permissions } = useCommonTexts();
  const { user } = useSession();
  const client = useQueryClient();
  const [isOpen, open] = useState(false);
  const { uuid, shared, permission, frozen, is_anonymous: isAnonymous, owner } = bundle;
  const refresh = () => client.invalidateQueries({ queryKey: ["bundle", uuid] });
  const hide = useMutation({
    mutationFn: (hidden: boolean) => changeBundle(uuid, { is_anonymous: hidden }),
    onSuccess: refresh,
  });
  const mayChange = permission === 2 && frozen === null;
  // Of an anonymous bundle, its readers are not told.
  if (owner === null && shared.length === 0) return null;
  return (
    <section className="card bundle-card" aria-labelledby="sharing-title">
      <div className="bundle-card-head">
        <h2 id="sharing-title">{t.title}</h2>
        {mayChange && (
          <button type="button" className="button" onClick={() => open(true)}>
            {t.change}
          </button>
        )}
      </div>
      {shared.length === 0 ? (
        <p className="small">{t.onlyOwner}</p>
      ) : (
        <Facts
          facts={shared.map(({ group_name: name, permission }) => [
            name === "public" ? t.everybody : name,
            permissions[permission],
          ])}
        />
      )}
      {mayChange && (
        <Check
          label={t.hideOwner}
          checked={hide.isPending ? hide.variables : isAnonymous}
          disabled={hide.isPending}
          onChange={({ target }) => hide.mutate(target.checked)}
        />
      )}
      {hide.isError && <ErrorNotice error={hide.error} />}
      {mayChange && user && (
        <Link to="/worksheets/groups/" className="small">
          {t.groups}
        </Link>
      )}
      {isOpen && (
        <PermissionsDialog
          kind="bundle"
          uuid={uuid}
          permissions={shared}
          onChange={refresh}
          onClose={() => open(false)}
        />
      )}
    </section>
  );
}
