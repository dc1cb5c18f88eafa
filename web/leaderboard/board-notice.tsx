import "./leaderboard-page.css";
import type { ReactNode } from "react";

/** Why there is no table. */
export const BoardNotice = ({ children }: { children: ReactNode }) => (
  <div className="card board-notice">
    <p>{children}</p>
  </div>
);
