import { CfnOutput, DefaultStackSynthesizer, Stack, Tags } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { Api, type Area } from "./api.ts";
import { Compute } from "./compute.ts";
import { DarkNetwork } from "./dark-network.ts";
import { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { Endpoints } from "./endpoints.ts";
import { Events } from "./events.ts";
import { Finish } from "./finish.ts";
import { Images } from "./images.ts";
import type { Foundation } from "./inside-function.ts";
import { Monitoring } from "./monitoring.ts";
import { Network } from "./network.ts";
import { Queues } from "./queues.ts";
import { RequestedHosts } from "./requested-hosts.ts";
import { Setup } from "./setup.ts";
import { Storage } from "./storage.ts";
import { Web } from "./web.ts";

/**
 * The whole platform in one stack, so that no exported value ties the update of one part to that of another. The ids of
 * constructs that hold state must never change: CloudFormation would replace the resource with an empty one.
 */
export class BenchstackStack extends Stack {
  constructor(scope: Construct, id: string, props: { deployment: Deployment; areas: Record<string, Area> }) {
    const { deployment, areas } = props;
    super(scope, id, {
      description: "Benchstack: competitions and benchmarks",
      terminationProtection: deployment.mode === "production",
      ...(deployment.bootstrapQualifier === null
        ? {}
        : { synthesizer: new DefaultStackSynthesizer({ qualifier: deployment.bootstrapQualifier }) }),
    });
    for (const [key, value] of Object.entries(deployment.tags))
      // CloudFormation does not support tags of dashboards.
      Tags.of(this).add(key, value, { excludeResourceTypes: ["AWS::CloudWatch::Dashboard"] });
    if (deployment.permissionsBoundary !== null)
      iam.PermissionsBoundary.of(this).apply(
        iam.ManagedPolicy.fromManagedPolicyArn(this, "Boundary", deployment.permissionsBoundary),
      );

    const network = new Network(this, "Network", { deployment });
    const storage = new Storage(this, "Storage", { deployment });
    const queues = new Queues(this, "Queues", { deployment });
    if (!network.hasEndpoints) new Endpoints(this, "Endpoints", { network, storage, queues });
    const images = new Images(this, "Images", { deployment });
    const dark =
      deployment.isolation === "dark"
        ? new DarkNetwork(this, "Dark", {
            storage,
            images,
            withHosts: Object.keys(deployment.capacityProviders).length > 0 || deployment.hostOffer !== null,
          })
        : undefined;
    const database = new Database(this, "Database", { deployment, network });

    const api = new Api(this, "Api");
    const web = new Web(this, "Web", { deployment, api, areas });
    const foundation: Foundation = {
      deployment,
      network,
      database,
      storage,
      queues,
      publicUrl: web.url,
    };
    const setup = new Setup(this, "Setup", { foundation });
    api.serve(areas, foundation);
    const compute = new Compute(this, "Compute", { deployment, network, dark, images, queues, setup, apiUrl: api.url });
    const hosts = compute.capacity ? [compute.capacity] : [];
    setup.stopEcsTasksOf(compute.cluster, ...hosts, network, ...(dark ? [dark] : []));
    const events = new Events(this, "Events", { foundation, compute });
    const requested =
      dark && deployment.hostOffer
        ? new RequestedHosts(this, "RequestedHosts", { foundation, compute, dark, offer: deployment.hostOffer })
        : undefined;
    for (const user of [...api.functions, ...events.inside, ...(requested ? [requested.orders] : [])])
      user.node.addDependency(setup.done);
    const monitoring = new Monitoring(this, "Monitoring", {
      ...{ deployment, api, queues, compute, events, database },
      disks: { ...compute.capacity?.disks, ...requested?.disks },
    });
    const { budget } = new Finish(this, "Finish", { deployment, database, topic: monitoring.topic });

    new CfnOutput(this, "Url", { value: web.url, description: "The address of the platform in a browser" });
    new CfnOutput(this, "ApiUrl", { value: api.url, description: "The address of the API for workers" });
    new CfnOutput(this, "AppBucket", {
      value: web.bucket.bucketName,
      description: "The bucket for the files of the web application",
    });
    new CfnOutput(this, "AdminSecret", {
      value: setup.credentials.secretArn,
      description: "The secret with the password of the first administrator",
    });
    new CfnOutput(this, "ImageRepository", {
      value: images.competitions.repositoryUri,
      description: "The repository with the copies of public images of competitions",
    });
    new CfnOutput(this, "Budget", { value: budget, description: "The monthly budget of the account" });
    new CfnOutput(this, "Cluster", { value: compute.cluster.clusterName });
  }
}
