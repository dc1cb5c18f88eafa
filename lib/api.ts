import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import * as apigateway from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type DatabaseRole, roles } from "../lambdas/kernel/db/roles.ts";
import type { Entry } from "./function-bundles.ts";
import type { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { SignIn } from "./sign-in.ts";
import { WorkerCredentials } from "./worker-credentials.ts";

/** A part of the API that one function serves. */
export interface Area {
  /** Path prefixes of whole segments, with a slash at the start and none at the end. */
  paths: readonly string[];
  /** Longer prefixes whose requests are counted by themselves, so that other requests of the area cannot use up their limit. */
  ownLimits?: readonly string[];
  entry: Entry;
  /** The database role of its function, if it is not that of the API for people. */
  databaseRole?: DatabaseRole;
  /** Whether the function creates and deletes the queues of organizers. */
  managesQueues?: true;
  /** For a function outside the VPC: the earlier area whose function inside it asks. */
  asks?: string;
  /** For such a function: what it does. */
  kind?: "credentials" | "signIn";
}

/**
 * The allowed requests per second of all users together to one route, and at once. API Gateway answers others with 429. Each
 * route has limits of its own, so that polls of one kind take nothing from requests of another.
 */
const throttle = { rateLimit: 200, burstLimit: 400 };
/** Of routes with `ownLimits`: 2000 attempts send a heartbeat every 15 s, and end together when a platform comes back. */
const ownThrottle = { rateLimit: 400, burstLimit: 2000 };

/**
 * A line of the access log, with the names that functions use in theirs (docs/logs.md). It has requests that no function
 * sees as well: those that were throttled, or match no route. The path is without the query, which may have secrets.
 */
const accessLine = {
  time: "$context.requestTimeEpoch",
  correlationId: "$context.requestId",
  functionRequestId: "$context.integration.requestId",
  method: "$context.httpMethod",
  route: "$context.routeKey",
  path: "$context.path",
  status: "$context.status",
  ms: "$context.responseLatency",
  functionStatus: "$context.integration.integrationStatus",
  functionMs: "$context.integration.latency",
  error: "$context.integrationErrorMessage",
  address: "$context.identity.sourceIp",
};

/** The HTTP API. `serve` adds its functions later, because they need the address of the platform. */
export class Api extends Construct {
  readonly http: apigateway.HttpApi;
  readonly functions: InsideFunction[] = [];
  readonly #stage: apigateway.HttpStage;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.http = new apigateway.HttpApi(this, "Http", { createDefaultStage: false });
    this.#stage = this.http.addStage("Stage", {
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
      const add = (path: string) => this.http.addRoutes({ path, methods: [apigateway.HttpMethod.ANY], integration });
      for (const prefix of area.paths) this.#limit(throttle, add(prefix), add(`${prefix}/{proxy+}`));
      for (const prefix of area.ownLimits ?? []) this.#limit(ownThrottle, add(`${prefix}/{proxy+}`));
    }
  }

  /** Gives routes their own limits. The stage names the routes, so they must exist before it. */
  #limit({ rateLimit, burstLimit }: typeof throttle, ...added: apigateway.HttpRoute[][]): void {
    const stage = this.#stage.node.defaultChild as apigateway.CfnStage;
    const settings = { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit };
    for (const route of added.flat()) {
      stage.routeSettings = { ...(stage.routeSettings as object), [`ANY ${route.path}`]: settings };
      stage.node.addDependency(route);
    }
  }

  #handler(
    name: string,
    { entry, databaseRole, managesQueues, asks, kind }: Area,
    foundation: Foundation,
  ): PlatformFunction {
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
      databaseRole: databaseRole ?? "benchstack_api",
      // As many as its role may have connections: each execution has one.
      ...(databaseRole !== undefined && foundation.deployment.workers.ownFunctions
        ? { reservedConcurrentExecutions: roles[databaseRole] }
        : {}),
      usesObjects: true,
    });
    this.functions.push(handler);
    if (managesQueues) foundation.queues.grantManage(handler);
    return handler;
  }
}
