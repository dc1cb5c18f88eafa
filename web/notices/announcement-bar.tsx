import { useState } from "react";
import type { Config } from "../api/session.ts";
import { keep } from "../app/language.ts";
import { Markdown } from "../markup/markdown.tsx";
import { useTexts } from "./texts.ts";

const kept = "dismissed-announcements";

/** The announcements that the reader has seen enough of, in this browser. */
function dismissedBefore(): number[] {
  try {
    return (localStorage.getItem(kept) ?? "").split(",").map(Number);
  } catch {
    return [];
  }
}

/** What administrators announce, until the reader dismisses it. */
export function AnnouncementBar({ announcements }: { announcements: Config["announcements"] }) {
  const t = useTexts();
  const [dismissed, setDismissed] = useState(dismissedBefore);
  const shown = announcements.filter(({ id }) => !dismissed.includes(id));
  if (shown.length === 0) return null;
  const dismiss = (id: number) => {
    // Those that are over are forgotten.
    const now = announcements.map((one) => one.id).filter((one) => one === id || dismissed.includes(one));
    setDismissed(now);
    keep(kept, now.join(","));
  };
  return (
    <section aria-label={t.announcements}>
      {shown.map(({ id, level, text }) => (
        <div key={id} className={`notice-bar ${{ info: "info", warning: "wait", critical: "bad" }[level]}`}>
          <div className="wrap notice-row">
            <b>{t.levels[level]}</b>
            <Markdown source={text} />
            <button type="button" className="notice-dismiss" onClick={() => dismiss(id)}>
              {t.dismiss}
            </button>
          </div>
        </div>
      ))}
    </section>
  );
}
