import { api, ask } from "../../api/client.ts";
import { number } from "../../app/format.ts";
import { Action } from "../parts/action.tsx";
import { banOf } from "./actions.ts";
import { BanFields } from "./ban-fields.tsx";
import type { Account } from "./queries.ts";
import { useTexts } from "./texts.ts";

type Wanted = ({ action: "ban" } & ReturnType<typeof banOf>) | { action: "unban" | "password_reset" | "revoke_logins" };

/** What is done with all accounts that are chosen. Says with which it could not be done. */
export function ManyActions({ users }: { users: Account[] }) {
  const t = useTexts();
  if (users.length === 0) return null;
  const doWithAll = async (wanted: Wanted) => {
    const { done, skipped } = await ask(
      api.POST("/api/admin/users/many/", { body: { ids: users.map(({ id }) => id), ...wanted } }),
    );
    if (skipped.length === 0) return;
    return (
      <div role="status">
        <p>{t.done(done.length, number(done.length))}</p>
        <ul>
          {skipped.map(({ id, detail }) => (
            <li key={id}>{t.skipped(users.find((user) => user.id === id)?.username ?? String(id), detail)}</li>
          ))}
        </ul>
      </div>
    );
  };
  return (
    <div className="card admin-many">
      <b role="status">{t.chosen(users.length, number(users.length))}</b>
      <div className="admin-buttons">
        <Action
          label={t.ban.label}
          title={t.ban.many}
          submit={t.ban.label}
          isDangerous
          run={(form) => doWithAll({ action: "ban", ...banOf(form) })}
        >
          <BanFields />
        </Action>
        <Action
          label={t.unban.label}
          title={t.unban.many}
          submit={t.unban.label}
          run={() => doWithAll({ action: "unban" })}
        />
        <Action
          label={t.reset.label}
          title={t.reset.title}
          submit={t.reset.label}
          run={() => doWithAll({ action: "password_reset" })}
        >
          <p>{t.reset.about}</p>
        </Action>
        <Action
          label={t.revoke.label}
          title={t.revoke.title}
          submit={t.revoke.label}
          isDangerous
          run={() => doWithAll({ action: "revoke_logins" })}
        >
          <p>{t.revoke.about}</p>
        </Action>
      </div>
    </div>
  );
}
