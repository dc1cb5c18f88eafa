import "./prose.css";
import { Marked } from "marked";
import { useLayoutEffect, useRef } from "react";
import { useConfig } from "../api/session.ts";
import { mathExtensions, showMath } from "./math.ts";
import { sanitize } from "./sanitize.ts";

const marked = new Marked({
  gfm: true,
  extensions: mathExtensions,
  renderer: {
    // The page has one title already, above the organizer's.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 1);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
  },
});

/** Markdown with HTML and formulas, as organizers write pages. Call `loadMath` in the route's loader. */
export function Markdown({ source }: { source: string }) {
  const place = useRef<HTMLDivElement>(null);
  const { storage_origins: origins } = useConfig();
  useLayoutEffect(() => {
    const fragment = sanitize(marked.parse(source, { async: false }), origins);
    showMath(fragment);
    place.current?.replaceChildren(fragment);
  }, [source, origins]);
  return <div className="prose" ref={place} />;
}
