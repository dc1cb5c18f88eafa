import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Api, type Area } from "./api.ts";
import { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { Endpoints } from "./endpoints.ts";
import { Network } from "./network.ts";
import { Queues } from "./queues.ts";
import { Storage } from "./storage.ts";

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
    });
    const network = new Network(this, "Network");
    const storage = new Storage(this, "Storage", { deployment });
    const queues = new Queues(this, "Queues");
    new Endpoints(this, "Endpoints", { network, storage, queues });
    const database = new Database(this, "Database", { deployment, network });
    const api = new Api(this, "Api", { foundation: { network, database, storage, queues }, areas });
    new CfnOutput(this, "ApiUrl", { value: api.url });
  }
}
