import "./segments.css";
import type { ReactNode } from "react";

/** A few choices side by side, of which one is made. Its children are links or buttons with `aria-current` on the chosen one. */
export const Segments = ({ label, children }: { label: string; children: ReactNode }) => (
  <div role="group" aria-label={label} className="segments">
    {children}
  </div>
);
