import { Link } from "@tanstack/react-router";
import { SideNav } from "../design/side-nav.tsx";
import { addressOf } from "./address.ts";
import { sectionOf, sections, type Section } from "./state/sections.ts";
import type { Problem } from "./state/problems.ts";
import { useTexts } from "./texts.ts";

/** The sections, each with whether it is complete. */
export function Rail(props: { id: number | null; current: Section; problems: Problem[]; tried: boolean }) {
  const { id, current, problems, tried } = props;
  const t = useTexts();
  return (
    <SideNav label={t.rail} current={current}>
      {sections.map((section) => {
        const count = problems.filter(({ path, isWarning }) => !isWarning && sectionOf(path) === section).length;
        return (
          <Link
            key={section}
            {...addressOf(id, section)}
            className="side-nav-link"
            activeOptions={{ explicitUndefined: true }}
          >
            {t.sections[section]}
            {count > 0 ? (
              <span className={tried ? "pill bad" : "pill"}>
                <span aria-hidden="true" className="numbers">
                  {count}
                </span>
                <span className="hidden">{tried ? t.problems(count) : t.unfinished(count)}</span>
              </span>
            ) : (
              <span className="editor-complete">
                <span aria-hidden="true">✓</span>
                <span className="hidden">{t.complete}</span>
              </span>
            )}
          </Link>
        );
      })}
    </SideNav>
  );
}
