import "./notices.css";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState, type ComponentType } from "react";
import { api, ask } from "../api/client.ts";
import { useConfig, useSession, type Config, type Session } from "../api/session.ts";
import { dateTime } from "../app/format.ts";
import { loadMath } from "../markup/math.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { useTexts } from "./texts.ts";

/** What everybody has to know on every page, above it. */
export function Notices() {
  const { user, impersonated_by: administrator, ban } = useSession();
  const { maintenance, announcements } = useConfig();
  return (
    <>
      {user && administrator && <Acting user={user} />}
      {ban && (
        <section className="notice-bar wait" role="alert">
          <p className="wrap">{ban}</p>
        </section>
      )}
      {maintenance && <MaintenanceNotice maintenance={maintenance} />}
      {announcements.length > 0 && <Announcements announcements={announcements} />}
    </>
  );
}

/** An administrator sees the platform as somebody else. Nobody may forget that. */
function Acting({ user }: { user: NonNullable<Session["user"]> }) {
  const t = useTexts();
  const { expires_at: end } = useSession();
  const stop = useMutation({
    mutationFn: () => ask(api.POST("/api/session/impersonation/end/")),
    // Everything on the page was loaded for somebody else.
    onSuccess: () => location.assign(`/admin/users/${user.id}/`),
  });
  return (
    <section className="acting" aria-label={t.acting(user.username)}>
      <div className="wrap acting-row">
        <p>
          <b>{t.acting(user.username)}</b> {t.recorded} {end && t.ends(dateTime(end))}
        </p>
        <button
          type="button"
          className="button"
          disabled={stop.isPending || stop.isSuccess}
          onClick={() => stop.mutate()}
        >
          {t.stop(user.username)}
        </button>
      </div>
      {stop.isError && <ErrorNotice error={stop.error} />}
    </section>
  );
}

function MaintenanceNotice({ maintenance }: { maintenance: NonNullable<Config["maintenance"]> }) {
  const t = useTexts();
  const { message, planned_end: end } = maintenance;
  return (
    <section className="notice-bar wait" aria-label={t.maintenance}>
      <p className="wrap">
        <b>{t.maintenance}.</b> {message} {t.reading} {end && t.plannedEnd(dateTime(end))}
      </p>
    </section>
  );
}

let Bar: ComponentType<{ announcements: Config["announcements"] }> | undefined;

/** Loads what shows announcements if there are any. The root route calls it, so that nothing moves afterwards. */
export async function loadAnnouncements({ announcements }: Config): Promise<void> {
  if (announcements.length === 0) return;
  Bar ??= (await import("./announcement-bar.tsx")).AnnouncementBar;
  await loadMath(...announcements.map(({ text }) => text));
}

function Announcements({ announcements }: { announcements: Config["announcements"] }) {
  const config = useConfig();
  const [, setLoaded] = useState(false);
  // Some appeared while the page was open.
  useEffect(() => {
    if (!Bar) void loadAnnouncements(config).then(() => setLoaded(true));
  }, [config]);
  return Bar ? <Bar announcements={announcements} /> : null;
}
