import assert from "node:assert/strict";
import { afterAll, describe, it } from "@jest/globals";
import { runInNewContext } from "node:vm";
import { Deployed } from "./fixtures/deployed.ts";

const deployed = Deployed.synthesize({});
afterAll(() => deployed.remove());

interface Behavior {
  PathPattern?: string;
  FunctionAssociations: { EventType: string; FunctionARN: { "Fn::GetAtt": [string, string] } }[];
}

const [, distribution] = deployed.ofType("AWS::CloudFront::Distribution")[0]!;
const config = distribution.Properties["DistributionConfig"] as {
  DefaultCacheBehavior: Behavior;
  CacheBehaviors: Behavior[];
};

/** What a behaviour's function makes of a path. */
function rewritten(behavior: Behavior, uri: string): string {
  const [{ EventType, FunctionARN }] = behavior.FunctionAssociations as [Behavior["FunctionAssociations"][number]];
  assert.equal(EventType, "viewer-request");
  const code = deployed.resources[FunctionARN["Fn::GetAtt"][0]]!.Properties["FunctionCode"] as string;
  return runInNewContext(`${code}; handler({ request: { uri } }).uri`, { uri }) as string;
}

describe("the one address of web app and API", () => {
  it("takes the slash off the API's paths, which API Gateway may not take, and leaves the rest of them", () => {
    for (const behavior of config.CacheBehaviors) {
      assert.equal(rewritten(behavior, "/api/submissions/"), "/api/submissions");
      assert.equal(rewritten(behavior, "/api/submissions/5/"), "/api/submissions/5");
      assert.equal(rewritten(behavior, "/api/schema.json"), "/api/schema.json");
    }
    assert.ok(config.CacheBehaviors.some(({ PathPattern }) => PathPattern === "/api/*"));
  });

  it("shows the one page of the web app at every path that is no file", () => {
    assert.equal(rewritten(config.DefaultCacheBehavior, "/competitions/5"), "/index.html");
    assert.equal(rewritten(config.DefaultCacheBehavior, "/assets/app.js"), "/assets/app.js");
  });
});
