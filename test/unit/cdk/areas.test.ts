import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { areas } from "../../../lambdas/functions/areas.ts";
import { Deployed, type Resource } from "./fixtures/deployed.ts";

const run = promisify(execFile);

const deployed = Deployed.synthesize({ mode: "trial" }, { bundle: true });
afterAll(() => deployed.remove());

/** A template's value as a deployment could have it. */
function plain(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [[kind, operand]] = Object.entries(value) as [[string, unknown]];
  if (kind === "Ref") return String(operand).replace(/\W/g, "-");
  const parts = operand as unknown[];
  if (kind === "Fn::Join") return (parts[1] as unknown[]).map(plain).join(String(parts[0]));
  return parts[1] === "Endpoint.Port" ? "5432" : parts.join("-").replaceAll(".", "-");
}

/** What a function answers when it runs from its bundle alone, with the environment the template gives it. */
async function invoke({ Properties }: Resource, rawPath: string): Promise<APIGatewayProxyStructuredResultV2> {
  const { Variables } = Properties["Environment"] as { Variables: Record<string, unknown> };
  const environment = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, plain(value)]));
  // What Lambda itself provides.
  const ofLambda = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_SESSION_TOKEN: "token",
  };
  const event = { rawPath, headers: {}, requestContext: { requestId: "request", http: { method: "GET" } } };
  const program = `
    import { handler } from ${JSON.stringify(deployed.bundleUrl(Properties))};
    const answer = await handler(${JSON.stringify(event)}, {});
    process.stdout.write("\\n" + JSON.stringify(answer));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: deployed.outdir,
    env: { ...ofLambda, ...environment },
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as APIGatewayProxyStructuredResultV2;
}

const functionOf = (area: string) =>
  deployed
    .ofType("AWS::Lambda::Function")
    .find(([, { Properties }]) => Properties["Description"] === `API: ${area}`)![1];

describe("the areas of the API, deployed", () => {
  for (const [area, { paths }] of Object.entries(areas))
    it(`${area} starts from its bundle, with nothing but Node, and with the environment it is given`, async () => {
      const { statusCode, body } = await invoke(functionOf(area), `${paths[0]}/no/such/route/`);
      // Two of them have no routes: they ask another function, which cannot be reached here.
      assert.equal(statusCode, ["credentials", "sign-in"].includes(area) ? 503 : 404, body);
    });

  it("count heartbeats and reports by themselves, so that claims and questions of workers do not use up their limit", () => {
    const [[, { Properties }]] = deployed.ofType("AWS::ApiGatewayV2::Stage") as [[string, Resource]];
    const limits = Properties["RouteSettings"] as Record<string, { ThrottlingRateLimit: number }>;
    const rate = (path: string) => limits[`ANY ${path}/{proxy+}`]?.ThrottlingRateLimit ?? 0;
    assert.ok(rate("/api/worker/attempts") > rate("/api/worker"));
    assert.ok(rate("/api/submissions") > 0);
  });

  it("are reached under every path of the API's description", async () => {
    const { body } = await invoke(functionOf("description"), "/api/schema.json");
    const described = Object.keys((JSON.parse(body!) as { paths: object }).paths);
    const prefixes = deployed
      .ofType("AWS::ApiGatewayV2::Route")
      .map(([, { Properties }]) => String(Properties["RouteKey"]))
      .filter((key) => key.endsWith("/{proxy+}"))
      .map((key) => key.slice("ANY ".length, -"{proxy+}".length));
    assert.ok(described.length > 0);
    assert.deepEqual(
      described.filter((path) => !prefixes.some((prefix) => `${path}/`.startsWith(prefix))),
      [],
    );
  });
});
