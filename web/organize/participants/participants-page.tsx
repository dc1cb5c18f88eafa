import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import { Pager } from "../../competitions/pager.tsx";
import { Segments } from "../../design/segments.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { OutcomeNotice, type Outcome } from "../bulk.tsx";
import { SearchFilter } from "../../design/filters.tsx";
import {
  apiHref,
  because,
  pageSize,
  participantFilter,
  participantsQuery,
  participantStatuses,
  useRefresh,
} from "../queries.ts";
import { Tools } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { MailDialog } from "./mail-dialog.tsx";
import { ParticipantTable } from "./participant-table.tsx";
import { useTexts } from "./texts.ts";
import { changed } from "../../app/address.ts";

const route = getRouteApi("/competitions/$id/organize/participants");

/** Who takes part and who asks to. Filters, order and page stand in the address. */
export function ParticipantsPage() {
  const t = useTexts();
  const common = useOrganizeTexts();
  const competition = useCompetition();
  const { secret_key: _, ...address } = route.useSearch();
  const { data } = useSuspenseQuery(participantsQuery(competition.id, address));
  const [outcome, setOutcome] = useState<Outcome>();
  const [isWriting, setWriting] = useState(false);
  // Nobody is decided on who is not seen: another page or filter has a selection of its own.
  const place = JSON.stringify(address);
  const [selected, setSelected] = useState({ place, ids: new Set<number>() as ReadonlySet<number> });
  const shown = new Set(data.results.map(({ id }) => id));
  const ids = selected.place === place ? [...selected.ids].filter((id) => shown.has(id)) : [];
  const selection = { ids: new Set(ids), set: (next: ReadonlySet<number>) => setSelected({ place, ids: next }) };
  const isFiltered = address.q !== undefined || address.status !== undefined;
  return (
    <>
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      <h2 className="hidden">{t.title}</h2>
      <StatusFilter chosen={address.status} counts={data.counts} />
      <Tools
        actions={
          <>
            <button type="button" className="button" onClick={() => setWriting(true)}>
              {t.mail}
            </button>
            <a
              className="button"
              href={apiHref("/api/participants/", { ...participantFilter(competition.id, address), format: "csv" })}
              download
              title={common.csvLabel}
            >
              {common.csv}
            </a>
          </>
        }
      >
        <SearchFilter label={t.find} value={address.q} />
      </Tools>
      <OutcomeNotice outcome={outcome} />
      {data.results.length === 0 ? (
        <p className="card org-empty">{isFiltered ? t.none : t.empty}</p>
      ) : (
        <>
          <DecisionBar
            ids={ids}
            count={data.count}
            onDone={(done) => {
              setOutcome(done);
              selection.set(new Set());
            }}
          />
          <ParticipantTable
            competition={competition}
            rows={data.results}
            selection={selection}
            sort={address.sort}
            onDone={(done) => setOutcome({ done, skipped: [] })}
          />
          <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
        </>
      )}
      {isWriting && (
        <MailDialog
          competition={competition}
          counts={data.counts}
          onDone={(done) => setOutcome({ done, skipped: [] })}
          onClose={() => setWriting(false)}
        />
      )}
    </>
  );
}

function StatusFilter({ chosen, counts }: { chosen: string | undefined; counts: Record<string, number> }) {
  const t = useTexts();
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const choices: [string | undefined, string, number][] = [
    [undefined, t.everybody, all],
    ...participantStatuses
      .filter((status) => status === "pending" || status === chosen || counts[status])
      .map((status): [string, string, number] => [status, t.status[status], counts[status] ?? 0]),
  ];
  return (
    <Segments label={t.filter}>
      {choices.map(([status, words, count]) => {
        const current = status === chosen ? "true" : undefined;
        return (
          <Link
            key={words}
            {...changed({ status })}
            aria-current={current} // Otherwise an address without a status is a part of those with one, and active too.
            activeOptions={{ exact: true, explicitUndefined: true }}
          >
            {words} <span className="numbers">{number(count)}</span>
          </Link>
        );
      })}
    </Segments>
  );
}

/** Decides on the chosen people. Approving asks nothing; denying does. */
function DecisionBar({ ids, count, onDone }: { ids: number[]; count: number; onDone: (outcome: Outcome) => void }) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const refresh = useRefresh(useCompetition().id);
  const [isDenying, setDenying] = useState(false);
  const decide = (status: "approved" | "denied", reason: string) =>
    ask(api.POST("/api/participants/decide_many/", { body: { participants: ids, status }, ...because(reason) }));
  const approve = useMutation({
    mutationFn: () => decide("approved", ""),
    onSuccess: async ({ decided, skipped }) => {
      await refresh();
      onDone({ done: t.approved(decided.length, number(decided.length)), skipped });
    },
  });
  const isNone = ids.length === 0;
  return (
    <>
      <div className="org-bulk" data-on={!isNone}>
        <span role="status" className="numbers">
          {common.selected(number(ids.length), number(count))}
        </span>
        <div className="org-actions">
          <button
            type="button"
            className="button main"
            disabled={isNone || approve.isPending}
            aria-busy={approve.isPending}
            onClick={() => approve.mutate()}
          >
            {t.approve}
          </button>
          <button type="button" className="button danger" disabled={isNone} onClick={() => setDenying(true)}>
            {t.deny}
          </button>
        </div>
      </div>
      {approve.isError && <ErrorNotice error={approve.error} />}
      {isDenying && (
        <AskDialog
          title={t.denyTitle(ids.length, number(ids.length))}
          button={t.denyButton}
          isDanger
          asksReason
          act={(reason) => decide("denied", reason)}
          onDone={({ decided, skipped }) => onDone({ done: t.denied(decided.length, number(decided.length)), skipped })}
          onClose={() => setDenying(false)}
        >
          <p>{t.denyAbout}</p>
        </AskDialog>
      )}
    </>
  );
}
