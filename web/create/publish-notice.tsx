import "./publish-notice.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";
import { number } from "../app/format.ts";
import { Icon } from "../design/icons.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { worstCaseQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Above a competition that is not published, for its organizers: who sees it, what it can cost, and the button. */
export function PublishNotice({ id }: { id: number }) {
  const t = useTexts();
  const client = useQueryClient();
  const publish = useMutation({
    mutationFn: () => ask(api.POST("/api/competitions/{id}/toggle_publish/", { params: { path: { id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["competitions"] });
      return client.invalidateQueries({ queryKey: ["competition", id] });
    },
  });
  return (
    <div className="publish-notice">
      <div className="wrap publish-notice-row">
        <Icon name="lock" />
        <p className="small">
          <b>{t.private}</b> <Cost id={id} />
        </p>
        <button type="button" className="button main" disabled={publish.isPending} onClick={() => publish.mutate()}>
          {t.publish}
        </button>
        {publish.isError && <ErrorNotice error={publish.error} />}
      </div>
    </div>
  );
}

function Cost({ id }: { id: number }) {
  const t = useTexts();
  const { phases } = useSuspenseQuery(worstCaseQuery(id)).data;
  const sum = (amounts: (string | null)[]) =>
    amounts.includes(null) ? null : amounts.reduce<number>((all, amount) => all + Number(amount), 0);
  const total = sum(phases.map(({ total_usd }) => total_usd));
  const each = Math.max(...phases.map(({ per_submission_usd }) => Number(per_submission_usd ?? Infinity)));
  const usd = (amount: number) => number(amount, { style: "currency", currency: "USD" });
  return (
    <>
      {total === 0 || each === 0
        ? t.noCost
        : total !== null
          ? t.mostCost(usd(total))
          : Number.isFinite(each)
            ? t.openCost(usd(each))
            : t.unknownCost}
    </>
  );
}
