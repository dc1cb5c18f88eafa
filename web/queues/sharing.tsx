import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { personNamed } from "../api/people.ts";
import { date } from "../app/format.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { changeQueue, handOversQuery, type Queue } from "./queries.ts";
import { useSettingsTexts } from "./settings-texts.ts";
import { useTexts } from "./texts.ts";

/** Other organizers who may use the queue and run workers for it, and who gets it next. */
export function Sharing({ queue }: { queue: Queue }) {
  const t = useSettingsTexts();
  const common = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [leaving, setLeaving] = useState<Queue["organizers"][number] | null>(null);
  const ids = queue.organizers.map(({ id }) => id);
  const share = async (organizers: number[]) => {
    await changeQueue(queue.id, { organizers });
    await client.invalidateQueries({ queryKey: ["queue", queue.id] });
  };
  const add = useMutation({
    mutationFn: async () => share([...ids, await personNamed(name.trim(), t.noSuchPerson(name.trim()))]),
    onSuccess: () => setName(""),
  });
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.sharing}</h2>
        <p className="small quiet">{t.sharingAbout}</p>
      </div>
      <div className="card">
        {queue.organizers.length > 0 && (
          <ul className="queue-people">
            {queue.organizers.map((person) => (
              <li key={person.id}>
                {person.username}
                <button
                  type="button"
                  className="button danger"
                  aria-label={`${t.remove} ${person.username}`}
                  onClick={() => setLeaving(person)}
                >
                  {t.remove}
                </button>
              </li>
            ))}
          </ul>
        )}
        <form
          className="queue-form-row queue-section"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <Field
            label={t.shareWith}
            placeholder={common.username}
            value={name}
            required
            onChange={({ target }) => setName(target.value)}
          />
          <button type="submit" className="button" disabled={add.isPending}>
            {t.share}
          </button>
        </form>
        {add.isError && <ErrorNotice error={add.error} />}
      </div>
      {queue.permissions.hand_over && <HandOver queue={queue} />}
      {leaving && (
        <ConfirmDialog
          title={t.unshareTitle(leaving.username)}
          action={t.remove}
          onConfirm={() => share(ids.filter((id) => id !== leaving.id))}
          onClose={() => setLeaving(null)}
        >
          <p>{t.unshareAbout}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}

/** Offers the queue to somebody, who owns it once they accept. */
function HandOver({ queue }: { queue: Queue }) {
  const t = useSettingsTexts();
  const common = useTexts();
  const client = useQueryClient();
  const { data: offers } = useSuspenseQuery(handOversQuery);
  const [to, setTo] = useState("");
  const [asking, setAsking] = useState(false);
  const offer = offers.find(({ kind, handed }) => kind === "queue" && handed === queue.id);
  const refresh = () => client.invalidateQueries({ queryKey: handOversQuery.queryKey });
  const withdraw = useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/api/account/hand-overs/{id}/", { params: { path: { id } } })),
    onSuccess: refresh,
  });
  return (
    <div className="card queue-section">
      <h3>{t.handOver}</h3>
      <p className="small quiet">{t.handOverAbout}</p>
      {offer ? (
        <p className="queue-save">
          {common.offered(offer.to, date(offer.expires_at))}
          <button
            type="button"
            className="button"
            disabled={withdraw.isPending}
            onClick={() => withdraw.mutate(offer.id)}
          >
            {t.withdraw}
          </button>
        </p>
      ) : (
        <form
          className="queue-form-row"
          onSubmit={(event) => {
            event.preventDefault();
            setAsking(true);
          }}
        >
          <Field label={t.newOwner} value={to} required onChange={({ target }) => setTo(target.value)} />
          <button type="submit" className="button">
            {t.offer}
          </button>
        </form>
      )}
      {withdraw.isError && <ErrorNotice error={withdraw.error} />}
      {asking && (
        <ConfirmDialog
          title={t.offerTitle(queue.name, to.trim())}
          action={t.offer}
          onConfirm={async () => {
            await ask(api.POST("/api/account/hand-overs/", { body: { kind: "queue", id: queue.id, to: to.trim() } }));
            await refresh();
          }}
          onClose={() => setAsking(false)}
        >
          <p>{t.handOverAbout}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
