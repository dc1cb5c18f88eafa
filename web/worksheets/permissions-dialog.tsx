import "./permissions-dialog.css";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Dialog } from "../design/dialog.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { permit } from "./page/changes.ts";
import { groupsQuery, publicGroupQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";
import type { GroupPermissionInfo, Permission } from "./types.ts";

/** Who may read or change a worksheet or a bundle: everybody, and the reader's groups. A choice holds at once. */
export function PermissionsDialog(props: {
  kind: "worksheet" | "bundle";
  uuid: string;
  permissions: readonly Omit<GroupPermissionInfo, "id">[];
  /** Called after a change, to load it. */
  onChange: () => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useTexts();
  const { kind, uuid, permissions, onChange, onClose } = props;
  const { data: publicGroup } = useQuery(publicGroupQuery);
  const { data: own = [] } = useQuery(groupsQuery);
  const [added, setAdded] = useState<string[]>([]);
  const change = useMutation({
    mutationFn: ({ group, permission }: { group: string; permission: Permission }) =>
      permit(kind, uuid, group, permission).then(onChange),
  });
  const names = new Map([
    ...own.map(({ uuid, name }) => [uuid, name] as const),
    ...permissions.map(({ group_uuid, group_name }) => [group_uuid, group_name] as const),
  ]);
  const shown = [...new Set([publicGroup, ...permissions.map(({ group_uuid }) => group_uuid), ...added])].filter(
    (group) => group !== undefined,
  );
  const others = own.filter(({ uuid: group }) => !shown.includes(group));
  return (
    <Dialog title={t.share} onClose={onClose}>
      <p className="quiet">{t.shareAbout}</p>
      <ul className="permissions-list">
        {shown.map((group) => (
          <Row
            key={group}
            name={group === publicGroup ? t.everybody : (names.get(group) ?? group)}
            permission={(permissions.find(({ group_uuid }) => group_uuid === group)?.permission ?? 0) as Permission}
            isBusy={change.isPending}
            onChange={(permission) => change.mutate({ group, permission })}
          />
        ))}
      </ul>
      {others.length > 0 && (
        <select
          className="input"
          aria-label={t.addGroup}
          value=""
          onChange={({ target }) => setAdded((before) => [...before, target.value])}
        >
          <option value="">{t.addGroup}</option>
          {others.map(({ uuid, name }) => (
            <option key={uuid} value={uuid}>
              {name}
            </option>
          ))}
        </select>
      )}
      {change.isError && <ErrorNotice error={change.error} />}
      <p role="status" className="small quiet">
        {change.isSuccess && t.shared}
      </p>
      <form method="dialog" className="dialog-actions">
        <button className="button">{t.close}</button>
      </form>
    </Dialog>
  );
}

function Row(props: {
  name: string;
  permission: Permission;
  isBusy: boolean;
  onChange: (permission: Permission) => void;
}) {
  const t = useTexts();
  const id = useId();
  const { name, permission, isBusy, onChange } = props;
  return (
    <li>
      <label htmlFor={id}>{name}</label>
      <select
        id={id}
        className="input"
        value={permission}
        disabled={isBusy}
        onChange={({ target }) => onChange(Number(target.value) as Permission)}
      >
        {t.permissions.map((words, value) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </li>
  );
}
