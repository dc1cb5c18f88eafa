import "./side-nav.css";
import { useEffect, useRef, type ReactNode } from "react";

/**
 * Links to the parts of a page, beside them or, on phones, in a row above them. Its children are links of the class
 * `side-nav-link`; `current` changes whenever another of them is the current one.
 */
export function SideNav({ label, current, children }: { label: string; current: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On phones the row of links scrolls. The current one is in its middle.
    const link = nav.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (nav.current && link)
      nav.current.scrollLeft = link.offsetLeft - (nav.current.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return (
    <nav ref={nav} aria-label={label} className="side-nav">
      {children}
    </nav>
  );
}
