import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { readIdentityProviders } from "../../../local/identity-providers.ts";

const github = { kind: "github", label: "Log in with GitHub", clientId: "id", clientSecret: "a client secret" };

describe("the file with identity providers", () => {
  it("has their options and, apart from them, their secrets", () => {
    const { providers, secrets } = readIdentityProviders(JSON.stringify({ github }));
    assert.deepEqual(secrets, { github: "a client secret" });
    assert.equal(providers["github"]?.kind, "github");
    assert.ok(!JSON.stringify(providers).includes("a client secret"));
  });

  it("is refused with a sentence that repeats no secret", () => {
    const refusal = (text: string) => {
      try {
        readIdentityProviders(text);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error("it was accepted");
    };
    assert.match(refusal(`{"github": a client secret`), /^The file is not valid JSON\.$/);
    const { clientSecret: _, ...without } = github;
    assert.match(refusal(JSON.stringify({ github: without })), /clientSecret/);
    for (const wrong of [
      { ...github, kind: "gitlab" },
      { ...github, secret: "a client secret" },
    ]) {
      const message = refusal(JSON.stringify({ github: wrong }));
      assert.match(message, /github/);
      assert.ok(!message.includes("a client secret"), message);
    }
  });
});
