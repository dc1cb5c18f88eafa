import assert from "node:assert/strict";
import { afterEach, describe, it } from "@jest/globals";
import { parseDeployment } from "../../../lib/deployment.ts";
import { synthesizeTemplate } from "../../../scripts/cost/synthesize.ts";

const elsewhere = "999999999999.dkr.ecr.eu-central-1.amazonaws.com/shared/worker:1";
const pulling = "ecr:BatchGetImage";

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** What dark tasks may pull by their endpoints, and their execution role by its policy. */
function pulled(workerImage: string | null) {
  const template = synthesizeTemplate(parseDeployment({ workerImage }));
  const statements = (type: string) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .flatMap(
        ({ Properties }) => (Properties?.["PolicyDocument"] as { Statement: Statement[] } | undefined)?.Statement ?? [],
      )
      .filter(({ Action }) => [Action].flat().includes(pulling))
      .map(({ Resource }) => JSON.stringify(Resource));
  return { template, endpoints: statements("AWS::EC2::VPCEndpoint"), roles: statements("AWS::IAM::Policy") };
}

describe("a published worker image", () => {
  afterEach(() => void delete process.env["CDK_DEFAULT_REGION"]);

  it("of another account can be pulled dark: by the endpoints as by the roles, and no other there", () => {
    const { endpoints, roles } = pulled(elsewhere);
    const named = ':ecr:eu-central-1:999999999999:repository/shared/worker"';
    assert.equal(endpoints.length, 2);
    for (const resources of endpoints) assert.ok(resources.includes(named), resources);
    assert.ok(roles.some((resources) => resources.includes(named)));
    assert.ok(pulled(null).endpoints.every((resources) => !resources.includes("999999999999")));
  });

  it("is all that can be pulled dark beside the competitions' images", () => {
    for (const image of [elsewhere, null])
      for (const resources of pulled(image).endpoints) {
        assert.equal((JSON.parse(resources) as unknown[]).length, 3, resources);
        assert.ok(!resources.includes("*"), resources);
      }
  });

  const sentence =
    /workerImage is in ECR in eu-central-1\. With isolation "dark" it must be in the region of the deployment/;

  it("of another region is refused where the region is known, and by CloudFormation where it is not", () => {
    const { template } = pulled(elsewhere);
    const rules = Object.values(
      (template as { Rules?: Record<string, { Assertions: { Assert: unknown; AssertDescription: string }[] }> })
        .Rules ?? {},
    ).flatMap(({ Assertions }) => Assertions);
    const [rule] = rules.filter(({ AssertDescription }) => sentence.test(AssertDescription));
    assert.deepEqual(rule?.Assert, { "Fn::Equals": [{ Ref: "AWS::Region" }, "eu-central-1"] });
    process.env["CDK_DEFAULT_REGION"] = "eu-central-1";
    pulled(elsewhere);
    process.env["CDK_DEFAULT_REGION"] = "us-east-1";
    assert.throws(() => pulled(elsewhere), sentence);
    synthesizeTemplate(parseDeployment({ workerImage: elsewhere, isolation: "open" }));
  });

  it("of ECR's public registry is refused dark, with what to do", () => {
    assert.throws(
      () => parseDeployment({ workerImage: "public.ecr.aws/benchstack/worker:1" }),
      /private ECR repository.*not even public\.ecr\.aws\. Copy the image there, or leave this option out/,
    );
    parseDeployment({ workerImage: "public.ecr.aws/benchstack/worker:1", isolation: "open" });
  });
});
