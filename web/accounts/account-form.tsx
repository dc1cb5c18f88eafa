import "./account-form.css";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ErrorNotice } from "../shell/problem.tsx";

/** A small page with one form. */
export function AccountPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="account-page">
      <PageTitle>{title}</PageTitle>
      <div className="card account-card">
        <h1>{title}</h1>
        {children}
      </div>
    </div>
  );
}

/** A form that keeps what was typed when it is refused. `error` is shown above, unless it is about a field. */
export function AccountForm(props: {
  button: string;
  busy: boolean;
  error: unknown;
  /** The fields that say what is wrong with them. */
  fields: string[];
  onSend: (values: Record<string, string>) => void;
  children: ReactNode;
}) {
  const { error, fields } = props;
  const isOfField = error instanceof ApiError && fields.some((field) => error.fields[field]);
  return (
    <form
      className="account-form"
      onSubmit={(event) => {
        event.preventDefault();
        const values = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]);
        props.onSend(Object.fromEntries(values) as Record<string, string>);
      }}
    >
      {error && !isOfField ? <ErrorNotice error={error} /> : null}
      {props.children}
      <button className="button main large" disabled={props.busy}>
        {props.button}
      </button>
    </form>
  );
}

/** What the server says of a field. */
export const messageOf = (error: unknown, field: string): string | undefined =>
  error instanceof ApiError ? error.fields[field]?.join(" ") : undefined;
