import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import * as apigateway from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Entry } from "./function-bundles.ts";
import type { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { SignIn } from "./sign-in.ts";
import { WorkerCredentials } from "./worker-credentials.ts";

/** A part of the API that one function serves. */
export interface Area {
  /** Path prefixes of whole segments, with a slash at the start and none at the end. */
  paths: readonly string[];
  entry: Entry;
  /** Whether the function creates and deletes the queues of organizers. */
  managesQueues?: true;
  /** For a function outside the VPC: the earlier area whose function inside it asks. */
  asks?: string;
  /** For such a function: what it does. */
  kind?: "credentials" | "signIn";
}

/** The allowed requests per second of all users together, and at once. API Gateway answers others with 429. */
const throttle = { rateLimit: 200, burstLimit: 400 };

/**
 * A line of the access log, with the names that functions use in theirs (docs/logs.md). It has requests that no function
 * sees as well: those that were throttled, or match no route.
 */
const accessLine = {
  time: "$context.requestTimeEpoch",
  correlationId: "$context.requestId",
  method: "$context.httpMethod",
  route: "$context.routeKey",
  status: "$context.status",
  ms: "$context.responseLatency",
  address: "$context.identity.sourceIp",
};

/** The HTTP API. `serve` adds its functions later, because they need the address of the platform. */
export class Api extends Construct {
  readonly http: apigateway.HttpApi;
  readonly functions: InsideFunction[] = [];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.http = new apigateway.HttpApi(this, "Http", { createDefaultStage: false });
    this.http.addStage("Stage", {
      stageName: "$default",
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new apigateway.LogGroupLogDestination(
          new logs.LogGroup(this, "AccessLogs", {
            retention: logs.RetentionDays.ONE_MONTH,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLine)),
      },
    });
  }

  /** The address of the API itself, without a slash at the end. */
  get url(): string {
    return this.http.apiEndpoint;
  }

  /** Routes all requests below the paths of an area to the function of that area. */
  serve(areas: Record<string, Area>, foundation: Foundation): void {
    for (const [name, area] of Object.entries(areas)) {
      const handler = this.#handler(name, area, foundation);
      const integration = new HttpLambdaIntegration(name, handler, { scopePermissionToRoute: false });
      // A route key cannot end with a slash; CloudFront removes it from requests (web.ts).
      for (const path of area.paths.flatMap((prefix) => [prefix, `${prefix}/{proxy+}`]))
        this.http.addRoutes({ path, methods: [apigateway.HttpMethod.ANY], integration });
    }
  }

  #handler(name: string, { entry, managesQueues, asks, kind }: Area, foundation: Foundation): PlatformFunction {
    const description = `API: ${name}`;
    if (asks !== undefined) {
      const inside = this.node.findChild(asks) as InsideFunction;
      if (kind === "signIn") return new SignIn(this, name, { entry, description, asks: inside, foundation }).handler;
      return new WorkerCredentials(this, name, { entry, description, asks: inside, queues: foundation.queues }).handler;
    }
    const handler = new InsideFunction(this, name, {
      foundation,
      entry,
      description,
      // An HTTP API waits for at most 30 s.
      timeout: Duration.seconds(29),
      databaseRole: "benchstack_api",
      usesObjects: true,
    });
    this.functions.push(handler);
    if (managesQueues) foundation.queues.grantManage(handler);
    return handler;
  }
}
