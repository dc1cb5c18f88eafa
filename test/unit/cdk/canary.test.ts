/** The canary of worksheets, as it is deployed. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseDeployment } from "../../../lib/deployment.ts";
import { ofType, referred, statementsOf } from "../../../lib/rules/template.ts";
import { templateOf } from "./fixtures/synthesized.ts";

const template = templateOf("what an institution asks for");
const [functionId, run] = ofType(template, "AWS::Lambda::Function").find(([id]) => id.startsWith("CanaryRun"))!;
const [secretId, secret] = ofType(template, "AWS::SecretsManager::Secret").find(([, { Description }]) =>
  String(Description).includes("canary"),
)!;

describe("the canary of worksheets (W-143)", () => {
  it("runs outside the VPC once in so many minutes, and is never repeated", () => {
    assert.equal(run["VpcConfig"], undefined);
    const [, rule] = ofType(template, "AWS::Events::Rule").find(([id]) => id.startsWith("CanarySchedule"))!;
    assert.equal(rule["ScheduleExpression"], "rate(1 hour)");
    const [, invoked] = ofType(template, "AWS::Lambda::EventInvokeConfig")[0]!;
    assert.deepEqual([referred(invoked["FunctionName"]), invoked["MaximumRetryAttempts"]], [functionId, 0]);
  });

  it("has a token that CloudFormation makes, which nobody reads but the canary and deploys", () => {
    const { GenerateSecretString: made } = secret as { GenerateSecretString: Record<string, unknown> };
    assert.deepEqual([made["GenerateStringKey"], made["PasswordLength"]], ["token", 43]);
    assert.equal(secret["SecretString"], undefined);
    const readers = ofType(template, "AWS::IAM::Policy").filter(([, { PolicyDocument }]) =>
      statementsOf(PolicyDocument).some((statement) => JSON.stringify(statement).includes(secretId)),
    );
    assert.deepEqual(readers.map(([id]) => id.replace(/[0-9A-F]{8}$/, "")).sort(), [
      "CanaryRunServiceRoleDefaultPolicy",
      "SetupOnDeployServiceRoleDefaultPolicy",
    ]);
  });

  it("starts after the database and the gateway are there", () => {
    const { DependsOn = [] } = template.Resources[functionId] as { DependsOn?: string[] };
    const types = DependsOn.map((id) => template.Resources[id]!.Type);
    assert.ok(types.includes("Custom::Database") && types.includes("AWS::ECS::Service"), types.join());
  });

  it("has an alarm that sees runs that failed and runs that did not end", () => {
    const [, alarm] = ofType(template, "AWS::CloudWatch::Alarm").find(([id]) => id.startsWith("MonitoringCanary"))!;
    const { Metrics: metrics } = alarm as {
      Metrics: { MetricStat?: { Metric: Record<string, unknown>; Period: number } }[];
    };
    const watched = metrics.flatMap(({ MetricStat: one }) => (one ? [[one.Metric["MetricName"], one.Period]] : []));
    assert.deepEqual(watched, [
      ["CanaryFailures", 3600],
      ["Errors", 3600],
    ]);
  });

  it("is in no deployment that does not ask for it, and needs the gateway", () => {
    assert.doesNotMatch(JSON.stringify(templateOf("a large platform behind a firewall")), /canary/i);
    assert.throws(
      () => parseDeployment({ worksheets: { canaryMinutes: 60 } }),
      /needs worksheets\.gatewayTasks, because uploads are refused without the gateway/,
    );
    assert.throws(() => parseDeployment({ worksheets: { gatewayTasks: 1, canaryMinutes: 5 } }), /15/);
  });
});
