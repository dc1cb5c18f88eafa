import "./profile-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Logo } from "../competitions/logo.tsx";
import { useCompetitionTexts } from "../competitions/texts.ts";
import { Markdown } from "../markup/markdown.tsx";
import { Avatar } from "./avatar.tsx";
import { ExternalLinks } from "./external-links.tsx";
import { profileQuery, type Profile } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/profiles/user/$name");

/** What a person says about themselves, and the competitions of theirs that everybody sees. */
export function ProfilePage() {
  const t = useTexts();
  const { user } = useSession();
  const { data: profile } = useSuspenseQuery(profileQuery(route.useParams().name));
  const { name, username, biography, organized_competitions: organized, competitions: joined } = profile;
  const fullName = [profile.first_name, profile.last_name].filter(Boolean).join(" ");
  const isEmpty = !biography && organized.length === 0 && joined.length === 0;
  return (
    <div className="wrap profile">
      <PageTitle>{name}</PageTitle>
      <div className="profile-person">
        <Avatar name={name} photo={profile.photo} size="large" />
        <div>
          <h1>{name}</h1>
          <p className="quiet">
            {username !== name && username} {profile.is_bot && <span className="pill">{t.bot}</span>}
          </p>
        </div>
        {fullName !== "" && fullName !== name && <p>{fullName}</p>}
        {profile.title && <p>{profile.title}</p>}
        {profile.location && <p className="quiet">{profile.location}</p>}
        <ExternalLinks
          website={profile.personal_url}
          github={profile.github_url}
          linkedin={profile.linkedin_url}
          twitter={profile.twitter_url}
        />
        <p className="small quiet">{t.since(date(profile.created_when))}</p>
        {profile.permissions.edit && (
          <Link to="/profiles/user/$name/edit/" params={{ name: username }} className="button">
            {t.edit}
          </Link>
        )}
      </div>
      <div className="profile-more">
        {biography && <Markdown source={biography} />}
        <Competitions title={t.organizes} competitions={organized} />
        <Competitions title={t.joined} competitions={joined} />
        {isEmpty && <p className="notice">{user?.username === username ? t.nothingYours : t.nothing(name)}</p>}
      </div>
    </div>
  );
}

function Competitions({ title, competitions }: { title: string; competitions: Profile["competitions"] }) {
  const t = useCompetitionTexts();
  if (competitions.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className="card">
        {competitions.map(({ id, title, logo_icon, participants_count: people, submissions_count: submissions }) => (
          <li key={id} className="profile-competition">
            <Logo id={id} url={logo_icon} size={40} />
            <div>
              <Link to="/competitions/$id/" params={{ id: String(id) }}>
                {title}
              </Link>
              <p className="small quiet numbers">
                {number(people)} {t.people(people)} · {number(submissions)} {t.submissions(submissions)}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
