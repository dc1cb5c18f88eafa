import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { newLoginKey, openLogin, registryName, sealingKeyOf, sealLogin } from "../../../contract/registry-login.ts";

describe("the login of a registry", () => {
  const key = newLoginKey();
  const login = { username: "robot", password: `ghp_ü${"x".repeat(5000)}` };
  const sealed = sealLogin(login, "ghcr.io", sealingKeyOf(key));

  it("is opened with the key of the workers", () => {
    assert.deepEqual(openLogin(sealed, "ghcr.io", key), login);
  });

  it("shows nothing while it is sealed, and is another text each time", () => {
    const bytes = Buffer.from(sealed, "base64").toString("latin1");
    assert.ok(!bytes.includes("robot") && !bytes.includes("ghp_"));
    assert.notEqual(sealLogin(login, "ghcr.io", sealingKeyOf(key)), sealed);
  });

  it("is not opened for another registry, with another key, or after a change", () => {
    assert.throws(() => openLogin(sealed, "evil.example.org", key));
    assert.throws(() => openLogin(sealed, "ghcr.io", newLoginKey()));
    for (const at of [20, 50, 70, 2000]) {
      const bytes = Buffer.from(sealed, "base64");
      bytes[at]! ^= 1;
      assert.throws(() => openLogin(bytes.toString("base64"), "ghcr.io", key), String(at));
    }
    assert.throws(() => openLogin(sealed.slice(0, 40), "ghcr.io", key));
  });

  it("belongs to a registry, however its host is written", () => {
    assert.equal(registryName("GHCR.io:443"), "ghcr.io");
    assert.equal(registryName("registry-1.docker.io"), "docker.io");
    assert.equal(registryName("index.docker.io"), "docker.io");
    assert.equal(registryName("127.0.0.1:5000"), "127.0.0.1:5000");
  });
});
