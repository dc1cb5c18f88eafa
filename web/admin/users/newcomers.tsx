import { useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { given } from "../../app/form.ts";
import { date, number } from "../../app/format.ts";
import { CopyText } from "../../design/copy-text.tsx";
import { Check, Field } from "../../design/field.tsx";
import { Action } from "../parts/action.tsx";
import { Table } from "../../design/table.tsx";
import { invitationsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Makes an account for somebody, or invites them to make it themselves. */
export function NewcomerActions() {
  const { newcomers: t, mail } = useTexts();
  return (
    <div className="admin-buttons">
      <Action
        label={t.invite}
        title={t.inviteTitle}
        submit={t.invite}
        run={async (form) => {
          const email = given(form, "email") ?? "";
          const { link } = await ask(api.POST("/api/invitations/", { body: { email } }));
          return (
            <>
              <p role="status">{t.invited(email)}</p>
              <CopyText label={t.link}>{link}</CopyText>
            </>
          );
        }}
      >
        <p className="quiet">{t.inviteAbout}</p>
        <Field label={mail} name="email" type="email" required maxLength={254} />
      </Action>
      <Action
        label={t.create}
        title={t.createTitle}
        submit={t.create}
        run={(form) =>
          ask(
            api.POST("/api/users/", {
              body: {
                username: given(form, "username") ?? "",
                email: given(form, "email") ?? "",
                password: String(form.get("password")),
                is_bot: form.has("bot"),
              },
            }),
          )
        }
      >
        <Field label={t.username} name="username" autoComplete="off" required maxLength={150} />
        <Field label={mail} name="email" type="email" autoComplete="off" required maxLength={254} />
        <Field
          label={t.password}
          hint={t.passwordHint}
          name="password"
          type="password"
          autoComplete="new-password"
          required
        />
        <Check label={t.bot} name="bot" />
      </Action>
    </div>
  );
}

/** Invitations that can still be used, if there are any. */
export function Invitations() {
  const { newcomers: t, mail } = useTexts();
  const { data: invitations } = useSuspenseQuery(invitationsQuery);
  if (invitations.length === 0) return null;
  return (
    <section className="admin-section">
      <h2>
        {t.invitations} <span className="admin-count numbers">{number(invitations.length)}</span>
      </h2>
      <Table
        label={t.invitations}
        rows={invitations}
        rowKey={({ id }) => id}
        empty={null}
        columns={[
          { head: mail, cell: ({ email }) => email },
          { head: t.sent, cell: ({ created_when: sent }) => date(sent) },
          { head: t.ends, cell: ({ expires_at: ends }) => date(ends) },
          {
            head: t.actions,
            cell: ({ id, email }) => (
              <Action
                label={t.takeBack}
                about={email}
                title={t.takeBackTitle(email)}
                submit={t.takeBack}
                isDangerous
                run={() => ask(api.DELETE("/api/invitations/{id}/", { params: { path: { id } } }))}
              >
                <p>{t.takeBackAbout}</p>
              </Action>
            ),
          },
        ]}
      />
    </section>
  );
}
