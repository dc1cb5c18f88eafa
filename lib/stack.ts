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
import { Images } from "./images.ts";
import { Monitoring } from "./monitoring.ts";
import { Network } from "./network.ts";
import { profilesForFunctions } from "./profiles.ts";
import { Queues } from "./queues.ts";
import { Setup } from "./setup.ts";
import { Storage } from "./storage.ts";
import { Web } from "./web.ts";

/**
 * The whole platform in one stack, so that no export ties one part's update to another's. Ids of constructs that hold
 * state are for ever: a changed id is an empty replacement.
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
      // CloudFormation knows no tags of dashboards.
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
            withHosts: Object.keys(deployment.capacityProviders).length > 0,
          })
        : undefined;
    const database = new Database(this, "Database", { deployment, network });

    const api = new Api(this, "Api");
    const web = new Web(this, "Web", { deployment, api, areas });
    const foundation = {
      network,
      database,
      storage,
      queues,
      publicUrl: web.url,
      allowNetwork: deployment.allowNetwork,
      capacityProfiles: profilesForFunctions(deployment),
    };
    const setup = new Setup(this, "Setup", { foundation, deployment });
    api.serve(areas, foundation);
    const compute = new Compute(this, "Compute", { deployment, network, dark, images, queues, setup, apiUrl: api.url });
    setup.stopTasksOf(compute.cluster, network, ...(dark ? [dark] : []));
    const events = new Events(this, "Events", { foundation, compute, deployment });
    for (const user of [...api.functions, ...events.inside]) user.node.addDependency(setup.done);
    new Monitoring(this, "Monitoring", { deployment, api, queues, events, database });

    new CfnOutput(this, "Url", { value: web.url, description: "Where people reach the platform" });
    new CfnOutput(this, "ApiUrl", { value: api.url, description: "Where workers reach the API" });
    new CfnOutput(this, "AppBucket", { value: web.bucket.bucketName, description: "Takes the files of the web app" });
    new CfnOutput(this, "AdminSecret", {
      value: setup.credentials.secretArn,
      description: "Has the first administrator's password",
    });
    new CfnOutput(this, "ImageRepository", {
      value: images.competitions.repositoryUri,
      description: "Holds copies of competitions' images",
    });
    new CfnOutput(this, "Cluster", { value: compute.cluster.clusterName });
  }
}
