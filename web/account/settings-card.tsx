import type { ReactNode } from "react";

/** A subject of the settings. */
export const SettingsCard = ({ title, about, children }: { title: string; about?: string; children: ReactNode }) => (
  <section className="card settings-card" aria-label={title}>
    <div className="settings-card-head">
      <h2>{title}</h2>
      {about && <p className="small quiet">{about}</p>}
    </div>
    {children}
  </section>
);
