import "../../submissions/path.css";
import "./bundle-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { dateTime, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { CopyText } from "../../design/copy-text.tsx";
import { StatePill } from "../states.tsx";
import { Actions } from "./actions.tsx";
import { FilesCard } from "./files/files-card.tsx";
import { DependenciesCard } from "./parts/dependencies-card.tsx";
import { FactsCard, TerminalCard } from "./parts/facts-card.tsx";
import { MetadataCard } from "./parts/metadata-card.tsx";
import { SharingCard } from "./parts/sharing-card.tsx";
import { Why } from "./parts/why.tsx";
import { bundleQuery } from "./queries.ts";
import { StreamsCard } from "./streams/streams-card.tsx";
import { useTexts } from "./texts.ts";
import { nameOf, numberOf, type Bundle } from "./types.ts";

const route = getRouteApi("/bundles/$uuid");

/** A bundle: how it stands and why, what it prints and wrote, what it was made from, and who may see it. */
export function BundlePage() {
  const t = useTexts();
  const { uuid } = route.useParams();
  const { data: bundle } = useSuspenseQuery(bundleQuery(uuid));
  if (bundle.bundle_type === "private")
    return (
      <div className="wrap bundle">
        <PageTitle>{t.hiddenTitle}</PageTitle>
        <h1 className="bundle-name">{t.hiddenTitle}</h1>
        <p>{t.hidden}</p>
        <p>
          <code>{uuid}</code>
        </p>
      </div>
    );
  return (
    // Another bundle has logs of its own.
    <div className="wrap bundle" key={uuid}>
      <PageTitle>{nameOf(bundle)}</PageTitle>
      <Head bundle={bundle} />
      <Why bundle={bundle} />
      {bundle.command !== null && <CopyText label={t.command}>{bundle.command}</CopyText>}
      <div className="bundle-parts">
        <div className="bundle-main">
          {bundle.bundle_type === "run" && <StreamsCard bundle={bundle} />}
          <FilesCard bundle={bundle} />
          <DependenciesCard bundle={bundle} />
        </div>
        <div className="bundle-side">
          <FactsCard bundle={bundle} />
          <MetadataCard bundle={bundle} />
          <SharingCard bundle={bundle} />
          <TerminalCard bundle={bundle} />
        </div>
      </div>
    </div>
  );
}

function Head({ bundle }: { bundle: Bundle }) {
  const t = useTexts();
  const { bundle_type: type, state, owner, frozen, is_anonymous: isAnonymous, hosts } = bundle;
  const created = (numberOf(bundle, "created") ?? 0) * 1000;
  const host = hosts[0];
  return (
    <header className="bundle-head">
      <nav aria-label={t.path} className="submission-path small">
        <Link to="/worksheets/">{t.worksheets}</Link>
        {host && (
          <Link to="/worksheets/$uuid/" params={{ uuid: host.uuid }}>
            {host.name}
          </Link>
        )}
      </nav>
      <div className="bundle-title">
        <h1 className="bundle-name">{nameOf(bundle)}</h1>
        <span role="status">{state !== null && <StatePill state={state} />}</span>
        <Actions bundle={bundle} />
      </div>
      <p className="small quiet">
        {t.types[type] ?? type} {t.by}{" "}
        {owner === null ? (
          t.nobody
        ) : (
          <Link to="/worksheets/users/$name/" params={{ name: owner }}>
            {owner}
          </Link>
        )}
        {" · "}
        <time dateTime={new Date(created).toISOString()} title={dateTime(created)}>
          {relative(created)}
        </time>
        {frozen !== null && ` · ${t.frozen}`}
        {isAnonymous && ` · ${t.anonymous}`}
      </p>
    </header>
  );
}
