import assert from "node:assert/strict";
import { afterAll, describe, it } from "@jest/globals";
import { runInNewContext } from "node:vm";
import { pagesAtApiPaths } from "../../../lambdas/functions/web-pages.ts";
import { Deployed } from "./fixtures/deployed.ts";

const deployed = Deployed.synthesize({});
afterAll(() => deployed.remove());

interface Behavior {
  PathPattern?: string;
  ResponseHeadersPolicyId: string | { Ref: string };
  FunctionAssociations: { EventType: string; FunctionARN: { "Fn::GetAtt": [string, string] } }[];
}

const [, distribution] = deployed.ofType("AWS::CloudFront::Distribution")[0]!;
const config = distribution.Properties["DistributionConfig"] as {
  DefaultCacheBehavior: Behavior;
  CacheBehaviors: Behavior[];
};
const isOfBoth = ({ PathPattern }: Behavior) => pagesAtApiPaths.includes(PathPattern!.slice(0, -1));

/** Where a behaviour's function sends a request, and with which path. */
function sent(behavior: Behavior, uri: string, { method = "GET", accept = "*/*" } = {}) {
  const [{ EventType, FunctionARN }] = behavior.FunctionAssociations as [Behavior["FunctionAssociations"][number]];
  assert.equal(EventType, "viewer-request");
  const code = deployed.resources[FunctionARN["Fn::GetAtt"][0]]!.Properties["FunctionCode"] as string;
  const request = { uri, method, headers: { accept: { value: accept } }, querystring: { next: { value: "/" } } };
  const selected: string[] = [];
  const cf = { selectRequestOriginById: (id: string) => selected.push(id) };
  const script = code.replace('import cf from "cloudfront";', "");
  const answer = runInNewContext(`${script}; handler({ request })`, { request, cf }) as typeof request;
  return { uri: answer.uri, origin: selected[0], query: Object.keys(answer.querystring) };
}
const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("the one address of web app and API", () => {
  it("takes the slash off the API's paths, which API Gateway may not take, and leaves the rest of them", () => {
    for (const behavior of config.CacheBehaviors) {
      assert.equal(sent(behavior, "/api/submissions/").uri, "/api/submissions");
      assert.equal(sent(behavior, "/api/submissions/5/").uri, "/api/submissions/5");
      assert.equal(sent(behavior, "/api/schema.json").uri, "/api/schema.json");
    }
    assert.ok(config.CacheBehaviors.some(({ PathPattern }) => PathPattern === "/api/*"));
  });

  it("shows the one page of the web app at every path that is no file", () => {
    assert.equal(sent(config.DefaultCacheBehavior, "/competitions/5", browser).uri, "/index.html");
    assert.equal(sent(config.DefaultCacheBehavior, "/").uri, "/index.html");
    assert.equal(sent(config.DefaultCacheBehavior, "/assets/app.js").uri, "/assets/app.js");
  });

  it("shows the page to browsers that open the address of a form, and posts the form to the API", () => {
    assert.equal(config.CacheBehaviors.filter(isOfBoth).length, pagesAtApiPaths.length);
    for (const behavior of config.CacheBehaviors.filter(isOfBoth)) {
      const path = `${behavior.PathPattern!.slice(0, -1)}/`;
      assert.deepEqual(sent(behavior, path, browser), { uri: "/index.html", origin: "app", query: [] });
      const api = { uri: path.slice(0, -1), origin: undefined, query: ["next"] };
      assert.deepEqual(sent(behavior, path), api);
      assert.deepEqual(sent(behavior, path, { ...browser, method: "POST" }), api);
    }
    const reset = config.CacheBehaviors.find(({ PathPattern }) => PathPattern === "/accounts/password_reset*")!;
    assert.equal(sent(reset, "/accounts/password_reset/confirm/", browser).uri, "/accounts/password_reset/confirm");
  });

  it("lets pages run only their own scripts and styles, and reach only the platform and its buckets", () => {
    const id = (config.DefaultCacheBehavior.ResponseHeadersPolicyId as { Ref: string }).Ref;
    for (const behavior of config.CacheBehaviors.filter(isOfBoth))
      assert.deepEqual(behavior.ResponseHeadersPolicyId, { Ref: id });
    const headers = JSON.stringify(deployed.resources[id]!.Properties);
    for (const part of [
      "default-src 'none'; script-src 'self'; style-src 'self'",
      "require-trusted-types-for 'script'",
    ])
      assert.ok(headers.includes(part), headers);
    assert.match(headers, /StorageUploads[^"]*","RegionalDomainName/);
  });
});
