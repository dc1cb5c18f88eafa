import { Duration } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Construct } from "constructs";
import { type Foundation, InsideFunction } from "./inside-function.ts";

/** A part of the API that one function answers. */
export interface Area {
  /** Prefixes of whole segments, with a slash at the start and none at the end. */
  paths: readonly string[];
  /** File that exports `handler`, relative to the repository's root. */
  entry: string;
  /** Whether it makes and removes organizers' queues. */
  managesQueues?: true;
}

/** The front door: an HTTP API that hands everything under an area's paths to the area's function. */
export class Api extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, props: { foundation: Foundation; areas: Record<string, Area> }) {
    super(scope, id);
    const http = new apigateway.HttpApi(this, "Http");
    this.url = http.apiEndpoint;
    for (const [name, area] of Object.entries(props.areas)) {
      const handler = new InsideFunction(this, name, {
        foundation: props.foundation,
        entry: area.entry,
        description: `API: ${name}`,
        // HTTP APIs give up after 30 s.
        timeout: Duration.seconds(29),
        publicUrl: this.url,
        databaseRole: "benchstack_api",
      });
      if (area.managesQueues) props.foundation.queues.grantManage(handler);
      const integration = new HttpLambdaIntegration(name, handler, { scopePermissionToRoute: false });
      // The greedy one also takes the path with a slash at its end, which a route key cannot have.
      for (const path of area.paths.flatMap((prefix) => [prefix, `${prefix}/{proxy+}`]))
        http.addRoutes({ path, methods: [apigateway.HttpMethod.ANY], integration });
    }
  }
}
