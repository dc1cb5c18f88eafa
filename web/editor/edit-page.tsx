import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { competitionQuery } from "../competitions/queries.ts";
import { ProblemPage } from "../shell/problem.tsx";
import { Editor } from "./editor.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/edit/$id");

/** Changes a competition. */
export function EditPage() {
  const t = useTexts();
  const { id } = route.useParams();
  const { section = "details" } = route.useSearch();
  const { check } = route.useLoaderData();
  const { data: competition } = useSuspenseQuery({ ...competitionQuery(Number(id)), staleTime: Infinity });
  if (!competition.permissions.edit)
    return (
      <ProblemPage
        title={competition.title}
        actions={
          <Link to="/competitions/$id/" params={{ id }} className="button">
            {t.toCompetition}
          </Link>
        }
      >
        <p>{t.notYours}</p>
      </ProblemPage>
    );
  return <Editor key={competition.id} competition={competition} section={section} check={check} />;
}
