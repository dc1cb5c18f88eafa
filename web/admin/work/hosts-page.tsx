import { useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { TextArea } from "../../design/field.tsx";
import { dateTime, dollars, number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { given } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { Table } from "../../design/table.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { hostRequestsQuery, type HostRequest } from "./queries.ts";
import { useTexts } from "./texts.ts";

const colours: Partial<Record<HostRequest["state"], string>> = { requested: "wait", ready: "good", failed: "bad" };

/** Hosts that owners of queues request. */
export function HostsPage() {
  const t = useTexts();
  const { pages, actions } = useAdminTexts();
  const { data: requests } = useSuspenseQuery(hostRequestsQuery);
  return (
    <>
      <PageTitle>{pages.hosts}</PageTitle>
      <h1>{pages.hosts}</h1>
      <p className="admin-lead quiet">{t.aboutHosts}</p>
      <Table
        label={pages.hosts}
        rows={requests}
        rowKey={({ id }) => id}
        empty={t.noHosts}
        columns={[
          { head: t.queue, cell: ({ queue }) => queue.name },
          {
            head: t.state,
            cell: ({ state }) => <span className={`pill ${colours[state] ?? ""}`}>{t.hostStates[state]}</span>,
          },
          {
            head: t.what,
            cell: ({ hosts, instance_type: type, spot }) => (
              <>
                {t.hostsOf(number(hosts), type)} {spot && <span className="pill">{t.spot}</span>}
              </>
            ),
          },
          { head: t.monthly, cell: ({ monthly_usd: monthly }) => dollars(monthly), isNumber: true },
          { head: actions, cell: (request) => <Decision request={request} /> },
          { head: t.who, cell: ({ requested_by: who, created_when: when }) => `${who ?? "–"}, ${dateTime(when)}` },
          { head: t.why, cell: ({ why, problem }) => <span className="table-long">{problem ?? why}</span> },
        ]}
      />
    </>
  );
}

function Decision({ request }: { request: HostRequest }) {
  const t = useTexts();
  const { queue, id, state, hosts, instance_type: type, monthly_usd: monthly, why } = request;
  const params = { params: { path: { id: queue.id, request: id } } };
  const decide = (approved: boolean) => async (form: FormData) => {
    await ask(
      api.POST("/api/queues/{id}/capacity/{request}/decide/", {
        ...params,
        body: { approved, why: given(form, "why") },
      }),
    );
  };
  return (
    <div className="admin-actions">
      {(state === "requested" || state === "failed") && (
        <Action
          label={t.approve}
          about={queue.name}
          title={t.approveTitle(queue.name)}
          submit={t.approve}
          run={decide(true)}
        >
          <p>
            {t.hostsOf(number(hosts), type)}, {t.monthly}: {dollars(monthly)}
          </p>
          {why && <p className="quiet">{why}</p>}
        </Action>
      )}
      {state === "requested" && (
        <Action
          label={t.refuse}
          about={queue.name}
          title={t.refuseTitle(queue.name)}
          submit={t.refuse}
          isDangerous
          run={decide(false)}
        >
          <TextArea label={t.reason} name="why" maxLength={1000} />
        </Action>
      )}
      {["approved", "creating", "ready", "failed"].includes(state) && (
        <Action
          label={t.remove}
          about={queue.name}
          title={t.removeTitle(queue.name)}
          submit={t.remove}
          isDangerous
          run={() => ask(api.DELETE("/api/queues/{id}/capacity/{request}/", params))}
        >
          <p>{t.removeAbout}</p>
        </Action>
      )}
    </div>
  );
}
