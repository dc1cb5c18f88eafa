import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { LogPanel } from "../../../submissions/log/log-panel.tsx";
import { isFinal } from "../../states.tsx";
import { filesQuery, streamNames } from "../queries.ts";
import { useTexts } from "../texts.ts";
import { hasFiles, isLive, nameOf, type Bundle } from "../types.ts";
import { useStreams } from "./use-streams.ts";

const route = getRouteApi("/bundles/$uuid");

/** What has not begun, or ended with so little, needs no large box. */
const fewBytes = 500;

/** What a run prints, while it does and afterwards. */
export function StreamsCard({ bundle }: { bundle: Bundle }) {
  const { log: t } = useTexts();
  const { log } = route.useSearch();
  const navigate = route.useNavigate();
  const { tails, version, isRead, error } = useStreams(bundle);
  const [wasLive] = useState(!isFinal(bundle.state));
  const { data: folder } = useQuery({ ...filesQuery(bundle, ""), enabled: hasFiles(bundle) });
  const chosen = log ?? (bundle.state === "failed" && tails.stderr.lines.length > 0 ? "stderr" : "stdout");
  const live = isLive(bundle);
  const empty = live
    ? t.waiting
    : !isFinal(bundle.state)
      ? t.notStarted
      : hasFiles(bundle) && !isRead
        ? t.loading
        : t.nothing;
  const printed = streamNames.reduce(
    (sum, name) => sum + (folder?.contents?.find((one) => one.name === name)?.size ?? 0),
    0,
  );
  return (
    <div className="bundle-streams" data-short={!live && printed < fewBytes}>
      <LogPanel
        logs={streamNames.map((name) => ({ name, words: t[name] }))}
        label={t.label}
        chosen={chosen}
        onChoose={(name) =>
          void navigate({ search: (before) => ({ ...before, log: name }), replace: true, resetScroll: false })
        }
        lines={tails[chosen].lines}
        version={version}
        isLive={live}
        startsAtEnd={wasLive || bundle.state === "failed"}
        empty={empty}
        {...(tails[chosen].isCut && { note: t.cut })}
        error={error}
        fileName={`${nameOf(bundle)}-${chosen}.log`}
      />
    </div>
  );
}
