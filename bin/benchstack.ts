import { App, Validations } from "aws-cdk-lib";
import { configurationOrExit } from "../lib/configuration.ts";
import { PlatformRules } from "../lib/rules/index.ts";
import { BenchstackStack } from "../lib/stack.ts";

const app = new App();
const deployment = configurationOrExit(app.node.tryGetContext("config") as string | undefined);
new BenchstackStack(app, deployment.name, deployment);
Validations.of(app).addPlugins(new PlatformRules());
