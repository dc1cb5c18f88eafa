/** The gateway for the contents of worksheet bundles, as it is deployed. */
import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { describe, it } from "@jest/globals";
import { parseDeployment } from "../../../lib/deployment.ts";
import { asList, ofType, referred, statementsOf } from "../../../lib/rules/template.ts";
import { callsOf } from "./fixtures/calls.ts";
import { combinations } from "./fixtures/combinations.ts";
import { templateOf } from "./fixtures/synthesized.ts";

const template = templateOf("a large platform behind a firewall");
const [, distribution] = ofType(template, "AWS::CloudFront::Distribution")[0]!;
interface Behavior {
  PathPattern: string;
  TargetOriginId: string;
  FunctionAssociations: { FunctionARN: unknown }[];
}
const { CacheBehaviors: behaviors, Origins: origins } = distribution["DistributionConfig"] as {
  CacheBehaviors: Behavior[];
  Origins: { Id: string; VpcOriginConfig?: { OriginReadTimeout: number } }[];
};
/** Where CloudFront sends a path: to the first pattern that matches. */
const behaviorFor = (path: string) =>
  behaviors.find(({ PathPattern: pattern }) =>
    new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(path),
  )!;
const goesToGateway = (path: string) =>
  origins.find(({ Id }) => Id === behaviorFor(path).TargetOriginId)!.VpcOriginConfig !== undefined;
const uuid = `0x${"0123456789abcdef".repeat(2)}`;

const [serviceId, service] = ofType(template, "AWS::ECS::Service").find(([id]) => id.startsWith("Gateway"))!;
const task = template.Resources[referred(service["TaskDefinition"])!]!.Properties!;

describe("the gateway for contents (W-200)", () => {
  it("gets the requests for contents from CloudFront, and no others", () => {
    for (const path of ["blob", "blob/", "blob/a/b.txt"])
      assert.ok(goesToGateway(`/rest/bundles/${uuid}/contents/${path}`), path);
    for (const path of [
      `/rest/bundles/${uuid}/contents/info/contents/blob/a`,
      `/rest/bundles/${uuid}`,
      "/rest/worksheets",
      "/api/competitions/",
    ])
      assert.ok(!goesToGateway(path), path);
  });

  it("is told the range that somebody asks for, of which CloudFront knows nothing", () => {
    const [{ FunctionARN }] = behaviorFor(`/rest/bundles/${uuid}/contents/blob/`).FunctionAssociations as [
      { FunctionARN: unknown },
    ];
    const code = template.Resources[referred(FunctionARN)!]!.Properties!["FunctionCode"] as string;
    const handled = (headers: object) =>
      runInNewContext(`${code}; handler({ request })`, { request: { headers: { ...headers } } }) as { headers: object };
    const range = { value: "bytes=0-1" };
    assert.deepEqual({ ...handled({ range }).headers }, { "x-benchstack-range": range });
    assert.deepEqual({ ...handled({ "x-benchstack-range": range }).headers }, {});
  });

  it("loses no request of a deploy", () => {
    const { MinimumHealthyPercent: least, MaximumPercent: most } = service["DeploymentConfiguration"] as Record<
      string,
      number
    >;
    assert.deepEqual([least, most], [100, 200]);
    const [, targets] = ofType(template, "AWS::ElasticLoadBalancingV2::TargetGroup")[0]!;
    assert.ok(
      JSON.stringify(targets["TargetGroupAttributes"]).includes(
        '{"Key":"deregistration_delay.timeout_seconds","Value":"600"}',
      ),
    );
    const [container] = task["ContainerDefinitions"] as [{ StopTimeout: number; EntryPoint: string[] }];
    assert.equal(container.StopTimeout, 120);
    assert.deepEqual(container.EntryPoint, ["node", "/opt/benchstack/gateway.cjs"]);
    const { DependsOn = [] } = template.Resources[serviceId] as { DependsOn?: string[] };
    assert.ok(DependsOn.some((id) => template.Resources[id]!.Type === "Custom::Database"));
  });

  it("may do what its code calls, on the prefixes of contents only", async () => {
    const statements = ofType(template, "AWS::IAM::Policy")
      .filter(([, { Roles }]) =>
        asList(Roles as unknown[]).some((one) => referred(one) === referred(task["TaskRoleArn"])),
      )
      .flatMap(([, { PolicyDocument }]) => statementsOf(PolicyDocument));
    const actions = new Set(statements.flatMap(({ Action }) => asList(Action)));
    actions.delete("rds-db:connect");
    assert.deepEqual([...actions].sort(), (await callsOf(["gateway/main.ts"]))["gateway/main.ts"]);
    const where = statements
      .filter(({ Action }) => asList(Action).some((action) => action.startsWith("s3:") && action !== "s3:ListBucket"))
      .map(({ Resource }) => /"(\/[^"]*)"/.exec(JSON.stringify(Resource))![1]);
    assert.deepEqual(where, ["/bundles/*", "/jobs/*/answers/*"]);
    assert.match(JSON.stringify(statements), /benchstack_gateway/);
  });

  it("is reached by CloudFront through a load balancer inside, and by nobody else", () => {
    const [, balancer] = ofType(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")[0]!;
    assert.equal(balancer["Scheme"], "internal");
    const admitted = ofType(template, "AWS::EC2::SecurityGroupIngress").filter(([, { GroupId }]) =>
      /^(GatewayBalancer|NetworkGateway)/.test(String(referred(GroupId))),
    );
    assert.deepEqual(
      admitted.map(([, { SourcePrefixListId, SourceSecurityGroupId }]) =>
        String(referred(SourcePrefixListId ?? SourceSecurityGroupId)).replace(/[0-9A-F]{8}$/, ""),
      ),
      ["GatewayBalancer", "GatewayCloudFrontPrefixList"],
    );
  });

  it("is in no deployment that does not ask for it, and needs an internet gateway", () => {
    const without = JSON.stringify(templateOf("defaults"));
    assert.doesNotMatch(without, /ElasticLoadBalancing|VpcOrigin/);
    assert.match(without, /"STREAMS_CONTENTS":"nothing"/);
    assert.throws(
      () => parseDeployment({ ...combinations["no internet gateway"], worksheets: { gatewayTasks: 1 } }),
      /needs an internet gateway in the VPC[^]*worksheets\.gatewayTasks/,
    );
  });
});
