import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { Segments } from "../design/segments.tsx";
import { useTexts } from "./texts.ts";

/** Public datasets, and one's own for who is logged in. */
export function DatasetSegments({ chosen }: { chosen: "own" | "public" }) {
  const t = useTexts();
  const { user } = useSession();
  if (!user) return null;
  const current = (which: "own" | "public") =>
    ({ "aria-current": which === chosen ? "true" : undefined, activeOptions: { exact: true } }) as const;
  return (
    <Segments label={t.which}>
      <Link to="/datasets/public/" {...current("public")}>
        {t.publicOnes}
      </Link>
      <Link to="/datasets/" {...current("own")}>
        {t.ownOnes}
      </Link>
    </Segments>
  );
}
