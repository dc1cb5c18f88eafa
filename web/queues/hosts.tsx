import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { given } from "../app/form.ts";
import { date, dollars, number } from "../app/format.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Check, Field, Select } from "../design/field.tsx";
import {
  hostOfferQuery,
  hostsQuery,
  isServedByPlatform,
  type HostOffer,
  type HostRequest,
  type Queue,
} from "./queries.ts";
import { useSpendingTexts } from "./spending-texts.ts";
import { useTexts } from "./texts.ts";

const tones: Record<HostRequest["state"], string> = {
  requested: "wait",
  refused: "bad",
  approved: "wait",
  creating: "wait",
  ready: "good",
  stopping: "",
  removed: "",
  failed: "bad",
};
const over: HostRequest["state"][] = ["refused", "stopping", "removed"];

/** Hosts of the platform that the owner asked for. An administrator, or the platform's policy, approves them. */
export function Hosts({ queue }: { queue: Queue }) {
  const t = useSpendingTexts();
  const { data: requests } = useSuspenseQuery(hostsQuery(queue.id));
  const { data: offer } = useSuspenseQuery(hostOfferQuery);
  const [asking, setAsking] = useState(false);
  const isOffered = offer.hosts.length > 0;
  const isServed = isServedByPlatform(queue);
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.hosts}</h2>
        {queue.permissions.edit && isOffered && isServed && (
          <button type="button" className="button" onClick={() => setAsking(true)}>
            {t.requestHosts}
          </button>
        )}
      </div>
      {requests.length === 0 ? (
        <p className="card queue-section quiet">{!isOffered ? t.noOffer : !isServed ? t.noProfiles : t.noHosts}</p>
      ) : (
        <ul className="card queue-hosts">
          {requests.map((request) => (
            <HostRow key={request.id} queue={queue} request={request} />
          ))}
        </ul>
      )}
      {asking && <RequestDialog queue={queue} offer={offer} onClose={() => setAsking(false)} />}
    </section>
  );
}

function HostRow({ queue, request }: { queue: Queue; request: HostRequest }) {
  const t = useSpendingTexts();
  const client = useQueryClient();
  const [stopping, setStopping] = useState(false);
  const { id, instance_type: type, hosts, spot, monthly_usd: most, why, state, problem } = request;
  const name = t.hostsOf(number(hosts), type, spot);
  const action = state === "ready" || state === "creating" ? t.removeHosts : t.takeBack;
  return (
    <li className="queue-host">
      <div>
        <p>
          <strong>{name}</strong> · {t.atMost(dollars(most))}
        </p>
        <p className="small quiet">
          {t.requestedBy(request.requested_by ?? "–", date(request.created_when))}
          {why !== null && ` · ${why}`}
        </p>
        {problem !== null && <p className="small queue-worker-unwell">{problem}</p>}
        {state === "ready" && <p className="small quiet">{t.chooseProfile(request.profile)}</p>}
      </div>
      <span className={`pill ${tones[state]}`}>{t.hostStates[state]}</span>
      {queue.permissions.edit && !over.includes(state) && (
        <button type="button" className="button danger" onClick={() => setStopping(true)}>
          {action}
        </button>
      )}
      {stopping && (
        <ConfirmDialog
          title={t.stopHostsTitle(name)}
          action={action}
          onConfirm={async () => {
            await ask(
              api.DELETE("/api/queues/{id}/capacity/{request}/", {
                params: { path: { id: queue.id, request: id } },
              }),
            );
            await client.invalidateQueries({ queryKey: ["queue", queue.id] });
          }}
          onClose={() => setStopping(false)}
        >
          <p>{t.stopHostsAbout}</p>
        </ConfirmDialog>
      )}
    </li>
  );
}

function RequestDialog({ queue, offer, onClose }: { queue: Queue; offer: HostOffer; onClose: () => void }) {
  const t = useSpendingTexts();
  const common = useTexts();
  const client = useQueryClient();
  const [type, setType] = useState(offer.hosts[0]!.instance_type);
  const [spot, setSpot] = useState(false);
  const chosen = offer.hosts.find((host) => host.instance_type === type)!;
  const request = async (form: FormData) => {
    await ask(
      api.POST("/api/queues/{id}/capacity/", {
        params: { path: { id: queue.id } },
        body: {
          instance_type: type,
          hosts: Number(form.get("hosts")),
          spot,
          monthly_usd: Number(form.get("monthly_usd")),
          why: given(form, "why"),
        },
      }),
    );
    await client.invalidateQueries({ queryKey: ["queue", queue.id] });
  };
  return (
    <ConfirmDialog
      title={t.requestTitle(queue.name)}
      action={t.sendRequest}
      isSafe
      onConfirm={request}
      onClose={onClose}
    >
      <p className="quiet">
        {t.requestAbout} {Number(offer.approved_usd) > 0 && t.approvedAtOnce(dollars(offer.approved_usd))}
      </p>
      <div className="queue-form-pair">
        <div className="field">
          <Select
            label={t.instanceType}
            value={type}
            onChange={({ target }) => setType(target.value)}
            choices={offer.hosts.map((host) => [host.instance_type, host.instance_type] as const)}
          />
          <p className="hint" role="status">
            {common.profile({
              cpus: number(chosen.cpu / 1024),
              memory: number(chosen.memoryMiB / 1024, { maximumFractionDigits: 1 }),
              gpus: chosen.gpus,
              runsOn: spot ? t.spot : t.onDemand,
              price: dollars(spot ? chosen.spot_usd_per_hour : chosen.usd_per_hour),
            })}
          </p>
        </div>
        <Field
          label={t.hostCount}
          hint={t.hostCountHint(number(offer.max_hosts))}
          name="hosts"
          type="number"
          min={1}
          max={offer.max_hosts}
          defaultValue={1}
          required
        />
        <Field label={t.monthly} hint={t.monthlyHint} name="monthly_usd" type="number" min={0.01} step="any" required />
      </div>
      <Check label={t.spot} hint={t.spotHint} checked={spot} onChange={({ target }) => setSpot(target.checked)} />
      <Field label={common.why} hint={t.whyHint} name="why" maxLength={1000} />
    </ConfirmDialog>
  );
}
