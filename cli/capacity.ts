import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, NotFound, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { queuePath } from "./names.ts";
import { listing, show } from "./output.ts";

interface CapacityRequest {
  id: string;
  queue: { id: string; name: string };
  requested_by: string | null;
  instance_type: string;
  hosts: number;
  spot: boolean;
  monthly_usd: string;
  why: string | null;
  state: string;
  problem: string | null;
  profile: string;
}

const shownRequests = (found: CapacityRequest[]) =>
  listing(
    ["Request", "Queue", "Hosts", "USD/month", "State", "Profile", "By", "Why", "Problem"],
    found.map((one) => [
      ...[one.id, one.queue.name, `${one.hosts} x ${one.instance_type}${one.spot ? " Spot" : ""}`, one.monthly_usd],
      ...[one.state, one.state === "ready" ? one.profile : null, one.requested_by, one.why, one.problem],
    ]),
    "No hosts are requested.",
  );

const capacity: Command = {
  parameters: ["[QUEUE]"],
  about: "List requests for hosts: those of a queue, or for administrators all that are not over.",
  async run({ words: [queue], json }) {
    const client = await connect();
    const path = queue === undefined ? "/api/queues/capacity_requests/" : `${await queuePath(client, queue)}capacity/`;
    const found = await client.request<CapacityRequest[]>("GET", path);
    show(json, found, () => shownRequests(found));
    return exitCodes.done;
  },
};

interface HostOffer {
  hosts: {
    instance_type: string;
    cpu: number;
    memoryMiB: number;
    gpus: number;
    usd_per_hour: string;
    spot_usd_per_hour: string;
  }[];
  max_hosts: number;
  approved_usd: string;
}

const capacityOffer: Command = {
  parameters: [],
  about: "List the types of hosts that you may request for your queues, with their prices.",
  async run({ json }) {
    const client = await connect();
    const offer = await client.request<HostOffer>("GET", "/api/queues/capacity_offer/");
    show(json, offer, () =>
      listing(
        ["Type", "vCPU", "Memory (GiB)", "GPU", "USD/hour", "Spot, USD/hour"],
        offer.hosts.map((one) => [
          ...[one.instance_type, one.cpu / 1024, (one.memoryMiB / 1024).toFixed(1), one.gpus],
          ...[one.usd_per_hour, one.spot_usd_per_hour],
        ]),
        "This platform starts no hosts on request.",
      ),
    );
    return exitCodes.done;
  },
};

const requestCapacity: Command = {
  parameters: ["QUEUE", "TYPE"],
  options: { hosts: "N", spot: "flag", usd: "USD", why: "TEXT", ...reasonOption },
  about:
    "Request EC2 hosts of a type for your queue, such as g5.xlarge.\n" +
    "--usd is the most that the queue may spend in a month. --hosts is how many run at a time, one unless you say more; none\n" +
    "runs without jobs. An administrator approves the request. When it is ready, give its profile to the queue with\n" +
    "change-queue.",
  async run({ words: [queue, type], text, flag, json }) {
    const amount = text("usd");
    if (amount === undefined || !/^\d+(\.\d+)?$/.test(amount))
      throw new UsageError("Give --usd, the most that the queue may spend in a month.");
    const client = await connect(text("reason"));
    const made = await client.request<CapacityRequest>("POST", `${await queuePath(client, queue!)}capacity/`, {
      instance_type: type,
      hosts: text("hosts") === undefined ? 1 : idOf("--hosts", text("hosts")!),
      spot: flag("spot"),
      monthly_usd: Number(amount),
      why: text("why") ?? null,
    });
    show(json, made, () => shownRequests([made]));
    return exitCodes.done;
  },
};

const deciding = (approved: boolean, about: string): Command => ({
  parameters: ["REQUEST"],
  options: { why: "TEXT", ...reasonOption },
  about,
  async run({ words: [id], text, json }) {
    const client = await connect(text("reason"));
    const found = await client.request<CapacityRequest[]>("GET", "/api/queues/capacity_requests/");
    const request = found.find((one) => one.id === id);
    if (!request) throw new NotFound("request", `There is no open request ${id!}. See \`benchstack capacity\`.`);
    const body = { approved, why: text("why") ?? null };
    const decided = await client.request<CapacityRequest>("POST", `${pathOf(request)}decide/`, body);
    show(json, decided, () => shownRequests([decided]));
    return exitCodes.done;
  },
});

const pathOf = ({ id, queue }: CapacityRequest) => `/api/queues/${queue.id}/capacity/${id}/`;

const stopCapacity: Command = {
  parameters: ["QUEUE"],
  options: reasonOption,
  question: ([queue]) => `Remove the hosts of the queue ${queue!}?`,
  about: "Take the request for hosts of a queue back, or remove its hosts.",
  async run({ words: [queue], text, json }) {
    const client = await connect(text("reason"));
    const request = await openRequest(client, queue!);
    await client.request("DELETE", pathOf(request));
    show(json, { request: request.id }, () => "The hosts are removed within some minutes.\n");
    return exitCodes.done;
  },
};

async function openRequest(client: ApiClient, queue: string): Promise<CapacityRequest> {
  const found = await client.request<CapacityRequest[]>("GET", `${await queuePath(client, queue)}capacity/`);
  const request = found.find(({ state }) => state !== "refused" && state !== "removed");
  if (!request) throw new NotFound("request", "This queue has no request for hosts.");
  return request;
}

export const capacityCommands = {
  capacity,
  "capacity-offer": capacityOffer,
  "request-capacity": requestCapacity,
  "approve-capacity": deciding(true, "Approve a request for hosts, as an administrator."),
  "refuse-capacity": deciding(
    false,
    "Refuse a request for hosts, as an administrator. --why tells the owner the reason.",
  ),
  "stop-capacity": stopCapacity,
};
