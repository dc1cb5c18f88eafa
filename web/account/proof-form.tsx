import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { showPasskey } from "../api/passkey.ts";
import { useConfig } from "../api/session.ts";
import { Dialog } from "../design/dialog.tsx";
import { Field } from "../design/field.tsx";
import { useDesignTexts } from "../design/texts.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { factorQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** What shows that the owner of the account does something. */
export interface Proof {
  password: string;
  code?: string;
  passkey?: Awaited<ReturnType<typeof showPasskey>>;
}

/** Asks for the password, and for the second factor if the account has one, before something is done. */
export function ProofDialog(props: {
  title: string;
  button: string;
  isDangerous?: boolean;
  onProof: (proof: Proof) => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useTexts();
  const design = useDesignTexts();
  const { title, button, isDangerous = false, onProof, onClose, children } = props;
  const { data: factor } = useSuspenseQuery(factorQuery);
  const { identity_providers: providers } = useConfig();
  const work = useMutation({
    mutationFn: async ({ form, withPasskey }: { form: HTMLFormElement; withPasskey: boolean }) => {
      const values = new FormData(form);
      const code = String(values.get("code") ?? "");
      return onProof({
        password: String(values.get("password")),
        ...(withPasskey ? { passkey: await showPasskey() } : code !== "" && { code }),
      });
    },
    onSuccess: onClose,
  });
  const isOfPassword = work.error instanceof ApiError && work.error.fields["password"];
  const mayLackPassword = providers.length > 0;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          work.mutate({ form: event.currentTarget, withPasskey: false });
        }}
      >
        {children}
        {work.isError && !isOfPassword && <ErrorNotice error={work.error} />}
        <Field
          label={t.password}
          {...(mayLackPassword && { hint: t.noPassword })}
          error={isOfPassword ? isOfPassword.join(" ") : undefined}
          name="password"
          type="password"
          autoComplete="current-password"
          required={!mayLackPassword}
        />
        {factor.is_on && <Field label={t.code} hint={t.codeHint} name="code" autoComplete="one-time-code" />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {design.cancel}
          </button>
          {factor.passkeys > 0 && (
            <button
              type="button"
              className="button"
              disabled={work.isPending}
              onClick={({ currentTarget: { form } }) => form && work.mutate({ form, withPasskey: true })}
            >
              {t.proveWithPasskey}
            </button>
          )}
          <button className={`button ${isDangerous ? "danger" : "main"}`} disabled={work.isPending}>
            {button}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
