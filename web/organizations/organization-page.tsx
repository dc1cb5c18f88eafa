import "../people/profile-page.css";
import "./organization-page.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { Avatar } from "../people/avatar.tsx";
import { ExternalLinks } from "../people/external-links.tsx";
import { day } from "./day.ts";
import { Members } from "./members.tsx";
import { organizationQuery, removeMember } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/profiles/organization/$id");

/** What an organization says of itself, and its members for those who belong to it. */
export function OrganizationPage() {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user } = useSession();
  const { data: organization } = useSuspenseQuery(organizationQuery(Number(route.useParams().id)));
  const [asked, setAsked] = useState<"leave" | "delete">();
  const { id, name, permissions, group, members } = organization;
  const own = members?.find((member) => member.user.id === user?.id);
  const left = async () => {
    await client.invalidateQueries({ queryKey: ["organizations"] });
    await navigate({ to: "/account/organizations/" });
    client.removeQueries({ queryKey: ["organization", id] });
  };
  return (
    <div className="wrap profile">
      <PageTitle>{name}</PageTitle>
      <div className="profile-person">
        <Avatar name={name} photo={organization.photo} size="large" />
        <div>
          <h1>{name}</h1>
          {group && <span className="pill">{t.group[group]}</span>}
        </div>
        {organization.location && <p className="quiet">{organization.location}</p>}
        <p>
          <a href={`mailto:${organization.email}`}>{organization.email}</a>
        </p>
        <ExternalLinks
          website={organization.website_url}
          github={organization.github_url}
          linkedin={organization.linkedin_url}
          twitter={organization.twitter_url}
        />
        <p className="small quiet">{t.since(day(organization.date_created))}</p>
        <div className="organization-actions">
          {permissions["edit"] && (
            <Link to="/profiles/organization/$id/edit/" params={{ id: String(id) }} className="button">
              {t.edit}
            </Link>
          )}
          {permissions["edit"] && (
            <Link to="/profiles/organization/$id/history/" params={{ id: String(id) }} className="button">
              {t.history}
            </Link>
          )}
          {permissions["hand_over"] && (
            <Link to="/account/hand-overs/" search={{ kind: "organization", id: String(id) }} className="button">
              {t.handOver}
            </Link>
          )}
          {own && own.group !== "OWNER" && (
            <button type="button" className="button" onClick={() => setAsked("leave")}>
              {t.leave}
            </button>
          )}
          {permissions["delete"] && (
            <button type="button" className="button danger" onClick={() => setAsked("delete")}>
              {t.delete}
            </button>
          )}
        </div>
      </div>
      <div className="profile-more">
        {organization.description && <Markdown source={organization.description} />}
        {members && <Members organization={organization} members={members} />}
      </div>
      {asked === "leave" && own && (
        <ConfirmDialog
          title={t.leaveTitle(name)}
          action={t.leave}
          onClose={() => setAsked(undefined)}
          onConfirm={() => removeMember(id, own.id).then(left)}
        >
          <p>{t.leaveAbout}</p>
        </ConfirmDialog>
      )}
      {asked === "delete" && (
        <ConfirmDialog
          title={t.deleteTitle(name)}
          action={t.delete}
          onClose={() => setAsked(undefined)}
          onConfirm={() =>
            ask(api.DELETE("/api/organizations/{id}/delete_organization/", { params: { path: { id } } })).then(left)
          }
        >
          <p>{t.deleteAbout}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
