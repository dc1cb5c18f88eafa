import { Link } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import { useCompetitionTexts } from "./texts.ts";

/** What part of a list is shown, and the way to the others. The number of the page stands in the address, unless it is the first. */
export function Pager({ page, pageSize, count }: { page: number; pageSize: number; count: number }) {
  const { pages: t } = useCompetitionTexts();
  if (count === 0) return null;
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(count, page * pageSize);
  const to = (page: number | undefined) => ({
    to: ".",
    search: (before: Record<string, unknown>) => ({ ...before, page }),
  });
  return (
    <p className="small quiet numbers">
      {t.of(number(first), number(last), number(count))}
      {page > 1 && (
        <>
          {" · "}
          <Link {...to(page === 2 ? undefined : page - 1)}>{t.previous}</Link>
        </>
      )}
      {last < count && (
        <>
          {" · "}
          <Link {...to(page + 1)}>{t.next}</Link>
        </>
      )}
    </p>
  );
}
