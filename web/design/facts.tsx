import "./facts.css";
import type { ReactNode } from "react";

/** A fact: its name and its value. One without a value is left out. */
export type Fact = readonly [name: string, value: ReactNode];

/** Facts, one a line, with their names at the left. */
export const Facts = ({ facts, className = "" }: { facts: readonly Fact[]; className?: string }) => (
  <dl className={`facts ${className}`.trim()}>
    {facts
      .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "")
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);
