import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDeployment } from "../../../lib/deployment.ts";

const read = (context: Record<string, unknown>) => readDeployment((key) => context[key]);

describe("the deployment's config", () => {
  it("keeps data unless told otherwise", () => {
    assert.deepEqual(read({}), { name: "Benchstack", mode: "production" });
  });

  it("takes another name and the trial mode", () => {
    assert.deepEqual(read({ name: "Course-2026", mode: "trial" }), { name: "Course-2026", mode: "trial" });
  });

  it("refuses a mode it does not know, and says which there are", () => {
    assert.throws(() => read({ mode: "trail" }), /"production"\|"trial"/);
  });

  it("refuses a name CloudFormation would", () => {
    assert.throws(() => read({ name: "my stack" }), /letters, digits and hyphens/);
  });
});
