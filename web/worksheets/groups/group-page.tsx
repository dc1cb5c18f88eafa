import "../../design/record-table.css";
import "../dashboard/dashboard.css";
import "./groups.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Field, Select } from "../../design/field.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import {
  addMember,
  deleteGroup,
  groupQuery,
  removeMember,
  roles,
  setRole,
  type Group,
  type Member,
  type Role,
} from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/worksheets/groups/$uuid");

/** A group with its people. Its owner and administrators change it. */
export function GroupPage() {
  const t = useTexts();
  const { uuid } = route.useParams();
  const { user, permissions } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: group } = useSuspenseQuery(groupQuery(uuid));
  const [isDeleting, ask] = useState(false);
  const canChange =
    permissions.administer ||
    group.owner?.username === user?.username ||
    group.admins.some(({ username }) => username === user?.username);
  const remove = async () => {
    await deleteGroup(uuid);
    await navigate({ to: "/worksheets/groups/" });
    client.removeQueries({ queryKey: groupQuery(uuid).queryKey });
    await client.invalidateQueries({ queryKey: ["worksheet groups"] });
  };
  return (
    <div className="wrap sheets">
      <PageTitle>{group.name}</PageTitle>
      <Link to="/worksheets/groups/" className="small groups-back">
        {t.title}
      </Link>
      <header className="sheets-head">
        <h1 className="sheets-title">{group.name}</h1>
        <div className="sheets-buttons">
          <Link to="/worksheets/" search={{ q: `group=${group.name}` }} className="button">
            {t.sharedWith}
          </Link>
          {canChange && (
            <button type="button" className="button danger" onClick={() => ask(true)}>
              {t.delete}
            </button>
          )}
        </div>
      </header>
      {!canChange && <p className="quiet">{t.onlyAdmins}</p>}
      <Members group={group} canChange={canChange} />
      {canChange && <AddForm uuid={uuid} />}
      {isDeleting && (
        <ConfirmDialog title={t.deleteTitle} action={t.delete} onConfirm={remove} onClose={() => ask(false)}>
          <p>{t.deleteAsk}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Runs a change of a group, and loads it anew. */
function useChange<Values>(work: (values: Values) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: work,
    onSuccess: () => client.invalidateQueries({ queryKey: ["worksheet groups"] }),
  });
}

function Members({ group, canChange }: { group: Group; canChange: boolean }) {
  const t = useTexts();
  const change = useChange((work: () => Promise<unknown>) => work());
  const [removed, askToRemove] = useState<Member | null>(null);
  const people = roles.flatMap((role) => group[role].map((member) => ({ ...member, role })));
  return (
    <>
      <div className="card">
        <table className="record-table">
          <thead>
            <tr>
              <th scope="col">{t.person}</th>
              <th scope="col">{t.role}</th>
              {canChange && <td />}
            </tr>
          </thead>
          <tbody>
            {group.owner && (
              <tr>
                <th scope="row">
                  <Person name={group.owner.username} />
                </th>
                <td>{t.roles.owner}</td>
                {canChange && <td />}
              </tr>
            )}
            {people.map(({ id, username, role }) => (
              <tr key={id}>
                <th scope="row">
                  <Person name={username} />
                </th>
                <td>
                  {canChange ? (
                    <select
                      className="input groups-role"
                      aria-label={t.roleOf(username)}
                      value={role}
                      disabled={change.isPending}
                      onChange={({ target }) => {
                        // Until the group is loaded anew, the field shows the old role again.
                        const wanted = target.value as Role;
                        change.mutate(() => setRole(group.uuid, id, wanted));
                      }}
                    >
                      {roles.map((one) => (
                        <option key={one} value={one}>
                          {t.roles[one]}
                        </option>
                      ))}
                    </select>
                  ) : (
                    t.roles[role]
                  )}
                </td>
                {canChange && (
                  <td className="record-actions">
                    <button
                      type="button"
                      className="button"
                      aria-label={t.removeOf(username)}
                      onClick={() => askToRemove({ id, username })}
                    >
                      {t.remove}
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {change.isError && <ErrorNotice error={change.error} />}
      {removed && (
        <ConfirmDialog
          title={t.removeOf(removed.username)}
          action={t.remove}
          onConfirm={() => change.mutateAsync(() => removeMember(group.uuid, removed.id))}
          onClose={() => askToRemove(null)}
        >
          <p>{t.removeAsk(removed.username)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

const Person = ({ name }: { name: string }) => (
  <Link to="/worksheets/users/$name/" params={{ name }} className="record-name">
    {name}
  </Link>
);

function AddForm({ uuid }: { uuid: string }) {
  const t = useTexts();
  const [name, write] = useState("");
  const [role, choose] = useState<Role>("members");
  const add = useChange(() => addMember(uuid, name.trim(), role).then(() => write("")));
  return (
    <form
      className="card groups-add"
      aria-label={t.add}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined);
      }}
    >
      <Field
        label={t.username}
        value={name}
        required
        maxLength={150}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => write(target.value)}
      />
      <Select
        label={t.role}
        value={role}
        onChange={({ target }) => choose(target.value as Role)}
        choices={[
          ["members", t.roles.members],
          ["admins", t.roles.admins],
        ]}
      />
      <button className="button main" disabled={add.isPending} aria-busy={add.isPending}>
        {t.add}
      </button>
      {add.isError && <ErrorNotice error={add.error} className="groups-error" />}
    </form>
  );
}
