import type { Construct } from "constructs";
import { Api, type Area } from "./api.ts";
import { Canary } from "./canary.ts";
import { Compute } from "./compute.ts";
import { DarkNetwork } from "./dark-network.ts";
import { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { Endpoints } from "./endpoints.ts";
import { Events } from "./events.ts";
import type { Platform } from "./exports.ts";
import { Finish } from "./finish.ts";
import { HostTime } from "./host-time.ts";
import { Images } from "./images.ts";
import { Gateway } from "./gateway.ts";
import type { Foundation } from "./inside-function.ts";
import { Monitoring } from "./monitoring.ts";
import { Network } from "./network.ts";
import { requirePartition } from "./partition.ts";
import { Queues } from "./queues.ts";
import { RequestedHosts } from "./requested-hosts.ts";
import { Setup } from "./setup.ts";
import { Storage } from "./storage.ts";
import { Web } from "./web.ts";

/**
 * Creates the whole platform below a construct. The ids of constructs that hold state must never change: CloudFormation
 * would replace the resource with an empty one.
 */
export function addPlatform(
  scope: Construct,
  { deployment, areas }: { deployment: Deployment; areas: Record<string, Area> },
): Platform {
  requirePartition(scope);
  const network = new Network(scope, "Network", { deployment });
  const storage = new Storage(scope, "Storage", { deployment });
  const queues = new Queues(scope, "Queues", { deployment });
  if (!network.hasEndpoints) new Endpoints(scope, "Endpoints", { network, storage, queues });
  const images = new Images(scope, "Images", { deployment });
  const dark =
    deployment.isolation === "dark"
      ? new DarkNetwork(scope, "Dark", {
          storage,
          images,
          withHosts: Object.keys(deployment.capacityProviders).length > 0 || deployment.hostOffer !== null,
        })
      : undefined;
  const database = new Database(scope, "Database", { deployment, network });

  const api = new Api(scope, "Api");
  const gateway = network.gateway && new Gateway(scope, "Gateway", { network, group: network.gateway });
  const web = new Web(scope, "Web", { deployment, api, areas, storage, contents: gateway?.origin });
  const foundation: Foundation = {
    deployment,
    network,
    database,
    storage,
    queues,
    publicUrl: web.url,
  };
  const setup = new Setup(scope, "Setup", { foundation });
  api.serve(areas, foundation);
  const compute = new Compute(scope, "Compute", { deployment, network, dark, images, queues, setup, apiUrl: api.url });
  const hosts = compute.capacity ? [compute.capacity] : [];
  const streams = gateway?.serve(foundation, { cluster: compute.cluster, images });
  setup.stopEcsTasksOf(compute.cluster, ...hosts, network, ...(dark ? [dark] : []));
  const events = new Events(scope, "Events", { foundation, compute });
  const requested =
    dark && deployment.hostOffer
      ? new RequestedHosts(scope, "RequestedHosts", { foundation, compute, dark, offer: deployment.hostOffer })
      : undefined;
  const { capacity } = compute;
  const hostTime =
    capacity && (capacity.groups.length > 0 || requested)
      ? new HostTime(scope, "HostTime", { foundation, groups: capacity.groups })
      : undefined;
  const ofHosts = [...(requested ? [requested.orders] : []), ...(hostTime ? [hostTime.inside] : [])];
  for (const user of [...api.functions, ...events.inside, ...ofHosts, ...(streams ? [streams] : [])])
    user.node.addDependency(setup.done);
  const { canaryMinutes } = deployment.worksheets;
  const canary =
    setup.canaryToken && canaryMinutes !== null
      ? new Canary(scope, "Canary", { minutes: canaryMinutes, token: setup.canaryToken, publicUrl: web.url })
      : undefined;
  canary?.node.addDependency(setup.done, web, ...(streams ? [streams] : []));
  const monitoring = new Monitoring(scope, "Monitoring", {
    ...{ deployment, api, queues, compute, events, database, gateway, canary },
    disks: { ...compute.capacity?.disks, ...requested?.disks },
  });
  const { budget } = new Finish(scope, "Finish", { deployment, database, topic: monitoring.topic });
  return {
    url: web.url,
    apiUrl: api.url,
    vpc: network.vpc,
    cluster: compute.cluster,
    database: database.instance,
    uploads: storage.uploads,
    jobs: storage.jobs,
    appBucket: web.bucket,
    imageRepository: images.competitions,
    adminSecret: setup.credentials,
    recoverFunction: setup.recover,
    alarmTopic: monitoring.topic,
    budget,
  };
}
