import "../../design/record-table.css";
import "../dashboard/dashboard.css";
import "./groups.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { NameDialog } from "../name-dialog.tsx";
import { createGroup, ownGroupsQuery, type Group } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The groups that the reader owns or is in. */
export function GroupsPage() {
  const t = useTexts();
  const { data: groups } = useSuspenseQuery(ownGroupsQuery);
  const [isCreating, create] = useState(false);
  return (
    <div className="wrap sheets">
      <PageTitle>{t.title}</PageTitle>
      <Link to="/worksheets/" className="small groups-back">
        {t.worksheets}
      </Link>
      <header className="sheets-head">
        <h1 className="sheets-title">{t.title}</h1>
        <button type="button" className="button main" onClick={() => create(true)}>
          {t.create}
        </button>
      </header>
      <p className="groups-about">{t.about}</p>
      {groups.length === 0 ? <p className="card sheets-none">{t.none}</p> : <Groups groups={groups} />}
      {isCreating && <CreateDialog onClose={() => create(false)} />}
    </div>
  );
}

function Groups({ groups }: { groups: Group[] }) {
  const t = useTexts();
  const { user } = useSession();
  const roleIn = ({ owner, admins }: Group) => {
    if (owner?.username === user?.username) return t.roles.owner;
    return admins.some(({ username }) => username === user?.username) ? t.roles.admins : t.roles.members;
  };
  return (
    <div className="card">
      <table className="record-table">
        <thead>
          <tr>
            <th scope="col">{t.group}</th>
            <th scope="col">{t.role}</th>
            <th scope="col" className="number">
              {t.people}
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.uuid}>
              <th scope="row">
                <Link to="/worksheets/groups/$uuid/" params={{ uuid: group.uuid }} className="record-name">
                  {group.name}
                </Link>
              </th>
              <td>{roleIn(group)}</td>
              <td className="number">{number(1 + group.admins.length + group.members.length)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = async (name: string) => {
    const uuid = await createGroup(name);
    await client.invalidateQueries({ queryKey: ["worksheet groups"] });
    await navigate({ to: "/worksheets/groups/$uuid/", params: { uuid } });
  };
  return <NameDialog texts={t} onName={create} onClose={onClose} />;
}
