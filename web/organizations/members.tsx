import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { AccountForm, messageOf } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { Avatar } from "../people/avatar.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { day } from "./day.ts";
import { removeMember, type Member, type Organization } from "./queries.ts";
import { useTexts } from "./texts.ts";

const groups = ["MANAGER", "PARTICIPANT", "MEMBER"] as const;

/** Who belongs to an organization. Its owner and managers change that. */
export function Members({ organization, members }: { organization: Organization; members: Member[] }) {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { id, permissions } = organization;
  const [removed, setRemoved] = useState<Member>();
  const changed = () => client.invalidateQueries({ queryKey: ["organization", id] });
  const change = useMutation({
    mutationFn: (body: { membership: number; group: (typeof groups)[number] }) =>
      ask(api.POST("/api/organizations/{id}/update_member_group/", { params: { path: { id } }, body })),
    onSettled: changed,
  });
  return (
    <section className="organization-members">
      <h2>{t.members}</h2>
      {change.isError && <ErrorNotice error={change.error} />}
      <ul className="card">
        {members.map((member) => {
          const { name, slug } = member.user;
          const canChange =
            permissions["edit"] &&
            member.group !== "OWNER" &&
            member.group !== "INVITED" &&
            member.user.id !== user?.id;
          return (
            <li key={member.id} className="organization-member">
              <Avatar name={name} photo={null} />
              <div className="organization-member-name">
                <Link to="/profiles/user/$name/" params={{ name: slug }}>
                  {name}
                </Link>
                <p className="small quiet">
                  {member.group === "INVITED" ? t.invited(day(member.date_joined)) : t.joined(day(member.date_joined))}
                </p>
              </div>
              {canChange ? (
                <select
                  className="input"
                  aria-label={t.groupOf(name)}
                  value={member.group}
                  disabled={change.isPending}
                  onChange={({ target }) => {
                    const group = groups.find((group) => group === target.value);
                    if (group) change.mutate({ membership: member.id, group });
                  }}
                >
                  {groups.map((group) => (
                    <option key={group} value={group}>
                      {t.group[group]}
                    </option>
                  ))}
                </select>
              ) : (
                <span className={`pill ${member.group === "INVITED" ? "wait" : ""}`}>{t.group[member.group]}</span>
              )}
              {permissions["edit"] && member.group !== "OWNER" && member.user.id !== user?.id && (
                <button type="button" className="button" onClick={() => setRemoved(member)}>
                  {t.remove} <span className="hidden">{name}</span>
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {permissions["edit"] && (
        <>
          <p className="small quiet">{t.groupAbout}</p>
          <Invite id={id} />
        </>
      )}
      {removed && (
        <ConfirmDialog
          title={t.removeTitle(removed.user.name)}
          action={t.remove}
          onClose={() => setRemoved(undefined)}
          onConfirm={() => removeMember(id, removed.id).then(changed)}
        >
          <p>{t.removeAbout}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}

function Invite({ id }: { id: number }) {
  const t = useTexts();
  const client = useQueryClient();
  // A new form after each invitation.
  const [sent, setSent] = useState(0);
  const invite = useMutation({
    mutationFn: (users: string[]) =>
      ask(api.POST("/api/organizations/{id}/invite_users/", { params: { path: { id } }, body: { users } })),
    onSuccess: () => {
      setSent((count) => count + 1);
      return client.invalidateQueries({ queryKey: ["organization", id] });
    },
  });
  return (
    <div className="card organization-invite">
      <h3>{t.invite}</h3>
      <AccountForm
        key={sent}
        button={t.send}
        busy={invite.isPending}
        error={invite.error}
        fields={["users"]}
        onSend={({ users = "" }) => invite.mutate(users.split(/[\s,;]+/).filter(Boolean))}
      >
        <Field label={t.people} hint={t.peopleHint} error={messageOf(invite.error, "users")} name="users" required />
        {invite.data && (
          <p role="status" className="notice good">
            {invite.data.detail}
          </p>
        )}
      </AccountForm>
    </div>
  );
}
