import assert from "node:assert/strict";
import { afterAll, describe, it } from "@jest/globals";
import { platformEvents } from "../../../lambdas/kernel/log-events.ts";
import { Deployed, type Resource } from "./fixtures/deployed.ts";

const deployed = Deployed.synthesize(
  { mode: "trial" },
  {
    areas: {
      greeting: {
        paths: ["/api/greetings", "/farewells"],
        ownLimits: ["/farewells/last"],
        entry: "lambdas/functions/api/description.ts",
      },
    },
  },
);
afterAll(() => deployed.remove());

const functions = deployed.ofType("AWS::Lambda::Function").filter(([id]) => id.startsWith("Api"));

describe("an area of the API", () => {
  it("is one function for all its paths", () => {
    assert.equal(functions.length, 1);
  });

  it("gets every method of a path and of what is below it", () => {
    const keys = deployed.ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties["RouteKey"]);
    assert.deepEqual(keys.sort(), [
      "ANY /api/greetings",
      "ANY /api/greetings/{proxy+}",
      "ANY /farewells",
      "ANY /farewells/last/{proxy+}",
      "ANY /farewells/{proxy+}",
    ]);
  });

  it("has limits by route, so that requests to one use up nothing of another, and the stage waits for its routes", () => {
    const [[, { Properties, DependsOn = [] }]] = deployed.ofType("AWS::ApiGatewayV2::Stage") as [[string, Resource]];
    const settings = Properties["RouteSettings"] as Record<string, { ThrottlingRateLimit: number }>;
    const routes = deployed.ofType("AWS::ApiGatewayV2::Route");
    assert.deepEqual(Object.keys(settings).sort(), routes.map(([, route]) => route.Properties["RouteKey"]).sort());
    for (const [id] of routes) assert.ok(DependsOn.includes(id), id);
    assert.equal(settings["ANY /farewells/{proxy+}"]!.ThrottlingRateLimit, 200);
    assert.equal(settings["ANY /farewells/last/{proxy+}"]!.ThrottlingRateLimit, 400);
  });

  it("runs inside the VPC, in the isolated subnets", () => {
    for (const [, { Properties }] of functions) {
      const { SubnetIds } = Properties["VpcConfig"] as { SubnetIds: { Ref: string }[] };
      assert.equal(SubnetIds.length, 2);
      for (const { Ref } of SubnetIds) assert.match(Ref, /inside/);
    }
  });

  it("has logs that expire, and go with the stack", () => {
    for (const [, { Properties }] of functions) {
      const { LogGroup } = Properties["LoggingConfig"] as { LogGroup: { Ref: string } };
      const logs = deployed.resources[LogGroup.Ref]!;
      assert.equal(logs.Properties["RetentionInDays"], 30);
      assert.equal(logs.DeletionPolicy, "Delete");
    }
  });

  it("has an access log that names requests as the logs of functions do", () => {
    const { Properties } = deployed.ofType("AWS::ApiGatewayV2::Stage")[0]![1];
    const { Format } = Properties["AccessLogSettings"] as { Format: string };
    const line = JSON.parse(Format) as Record<string, string>;
    assert.equal(line["correlationId"], "$context.requestId");
    assert.equal(line["functionRequestId"], "$context.integration.requestId");
    assert.equal(line["path"], "$context.path");
    const own = [
      "time",
      "correlationId",
      "functionRequestId",
      "path",
      "functionStatus",
      "functionMs",
      "error",
      "address",
    ];
    for (const name of Object.keys(line))
      assert.ok(own.includes(name) || name in platformEvents["request.answered"].fields, name);
    assert.doesNotMatch(Format, /query/i, "a query may hold a secret");
  });

  it("may sign in to the database as one role and never with a password", () => {
    const [, { Properties }] = functions[0]!;
    const { DATABASE_URL } = (Properties["Environment"] as { Variables: Record<string, unknown> }).Variables;
    assert.match(JSON.stringify(DATABASE_URL), /postgresql:\/\/benchstack_api@/);
    const connect = deployed
      .ofType("AWS::IAM::Policy")
      .flatMap(
        ([, policy]) =>
          (policy.Properties["PolicyDocument"] as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
      )
      .filter(({ Action }) => Action === "rds-db:connect");
    const asApi = connect.filter(({ Resource }) => JSON.stringify(Resource).includes("/benchstack_api"));
    assert.equal(asApi.length, 1);
  });
});
