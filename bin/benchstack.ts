import { App } from "aws-cdk-lib";
import { areas } from "../lambdas/api/areas.ts";
import { readDeployment } from "../lib/deployment.ts";
import { BenchstackStack } from "../lib/stack.ts";

const app = new App();
const deployment = readDeployment((key): unknown => app.node.tryGetContext(key));
new BenchstackStack(app, deployment.name, { deployment, areas });
