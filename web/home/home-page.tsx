import "./home-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { CompetitionCard } from "../competitions/competition-card.tsx";
import { CompetitionRows } from "../competitions/competition-row.tsx";
import { SearchForm } from "../competitions/search-form.tsx";
import { OwnSubmissions } from "./own-submissions.tsx";
import { endingSoonQuery, featuredQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

export function HomePage() {
  const t = useTexts();
  const popular = useSuspenseQuery(featuredQuery).data.results;
  const ending = useSuspenseQuery(endingSoonQuery).data.results.filter(({ current_phase: phase }) => phase?.end);
  const { user } = useSession();
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      {user && <OwnSubmissions owner={user.username} />}
      <section className="hero">
        <div className="wrap">
          <h1>{t.heading}</h1>
          <p className="hero-about">{t.about}</p>
          <SearchForm label={t.search} placeholder={t.hint} className="hero-search">
            <button className="button main large">{t.find}</button>
          </SearchForm>
        </div>
      </section>
      <section className="wrap home-section">
        <div className="home-head">
          <h2>{t.popular}</h2>
          <Link to="/competitions/public/">{t.all}</Link>
        </div>
        {popular.length > 0 ? (
          <ul className="cards">
            {popular.map((competition) => (
              <CompetitionCard key={competition.id} competition={competition} />
            ))}
          </ul>
        ) : (
          <p className="card home-none">{t.none}</p>
        )}
      </section>
      {ending.length > 0 && (
        <section className="wrap home-section">
          <div className="home-head">
            <h2>{t.endingSoon}</h2>
          </div>
          <CompetitionRows competitions={ending} />
        </section>
      )}
    </>
  );
}
