import { Check, Field, TextArea } from "../../design/field.tsx";
import { given } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { ban, changeAccount, impersonate, removeSecondFactor, revokeLogins, sendReset, unban } from "./actions.ts";
import { BanFields } from "./ban-fields.tsx";
import type { Account } from "./queries.ts";
import { useTexts } from "./texts.ts";

const gigabyte = 1e9;
const numberOf = (form: FormData, name: string) => {
  const value = given(form, name);
  return value === null ? null : Number(value);
};

export function UserActions({ user }: { user: Account }) {
  const t = useTexts();
  const { save } = useAdminTexts();
  const { id, username } = user;
  return (
    <div className="admin-buttons">
      <Action
        label={t.roleChange.label}
        title={t.roleChange.title(username)}
        submit={save}
        run={(form) => changeAccount(id, { is_superuser: form.has("superuser"), is_bot: form.has("bot") })}
      >
        <Check label={t.roleChange.superuser} name="superuser" defaultChecked={user.is_superuser} />
        <Check label={t.roleChange.bot} name="bot" defaultChecked={user.is_bot} />
      </Action>
      <Action
        label={t.limits.label}
        title={t.limits.title}
        submit={save}
        run={async (form) => {
          const quota = numberOf(form, "quota");
          await changeAccount(id, {
            storage_quota_bytes: quota === null ? null : Math.round(quota * gigabyte),
            queue_limit: numberOf(form, "queues"),
          });
        }}
      >
        <Field
          label={t.limits.quota}
          name="quota"
          type="number"
          min={0}
          step="any"
          defaultValue={user.storage_quota_bytes === null ? "" : user.storage_quota_bytes / gigabyte}
        />
        <Field label={t.limits.queues} name="queues" type="number" min={0} defaultValue={user.queue_limit ?? ""} />
      </Action>
      <Action
        label={t.address.label}
        title={t.address.title(username)}
        submit={save}
        run={async (form) => {
          const email = given(form, "email") ?? "";
          await changeAccount(id, {
            ...(email === user.email ? {} : { email }),
            email_is_confirmed: form.has("confirmed"),
          });
        }}
      >
        <Field
          label={t.mail}
          hint={t.address.hint}
          name="email"
          type="email"
          required
          maxLength={254}
          defaultValue={user.email}
        />
        <Check label={t.address.confirmed} name="confirmed" defaultChecked={user.email_is_confirmed} />
      </Action>
      <Action
        label={t.reset.label}
        title={t.reset.title}
        submit={t.reset.label}
        run={async () => {
          const { link } = await sendReset(id);
          return (
            <div role="status">
              <p>{link === null ? t.reset.sent : t.reset.link}</p>
              {link !== null && <code>{link}</code>}
            </div>
          );
        }}
      >
        <p>{t.reset.about}</p>
      </Action>
      <Action
        label={t.revoke.label}
        title={t.revoke.title}
        submit={t.revoke.label}
        isDangerous
        run={() => revokeLogins(id)}
      >
        <p>{t.revoke.about}</p>
      </Action>
      {user.has_second_factor && (
        <Action
          label={t.factor.label}
          title={t.factor.title(username)}
          submit={t.factor.label}
          isDangerous
          run={() => removeSecondFactor(id)}
        >
          <p>{t.factor.about}</p>
        </Action>
      )}
      {user.is_banned ? (
        <Action label={t.unban.label} title={t.unban.title(username)} submit={t.unban.label} run={() => unban(id)} />
      ) : (
        <Action
          label={t.ban.label}
          title={t.ban.title(username)}
          submit={t.ban.label}
          isDangerous
          run={(form) => ban(id, form)}
        >
          <BanFields />
        </Action>
      )}
      {!user.is_superuser && (
        <Action
          label={t.act.label}
          title={t.act.title(username)}
          submit={t.act.submit}
          run={(form) => impersonate(id, given(form, "reason") ?? "")}
        >
          <p>{t.act.about}</p>
          <TextArea label={t.act.reason} name="reason" required minLength={3} maxLength={1000} />
        </Action>
      )}
    </div>
  );
}
