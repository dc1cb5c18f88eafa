import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { imageFault, parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import type { Reference } from "../../../lambdas/jobs/rules/image-reference.ts";
import {
  copyTag,
  fullName,
  isLoopback,
  isOnUsualPort,
  isPinned,
  lastTag,
} from "../../../worker-image/registry/reference.ts";

const digest = `sha256:${"b".repeat(64)}`;
const hub = "registry-1.docker.io";

describe("image references", () => {
  const references: [image: string, registry: string, path: string, version: string][] = [
    ["python", hub, "library/python", "latest"],
    ["python:3.12", hub, "library/python", "3.12"],
    ["docker.io/python", hub, "library/python", "latest"],
    ["codalab/codalab-legacy:py37", hub, "codalab/codalab-legacy", "py37"],
    ["ghcr.io/a/b/c:1", "ghcr.io", "a/b/c", "1"],
    [`ghcr.io/a/b@${digest}`, "ghcr.io", "a/b", digest],
    ["registry.example.org:5000/a/b:1", "registry.example.org:5000", "a/b", "1"],
    ["localhost:5000/x", "localhost:5000", "x", "latest"],
    ["localhost/x", "localhost", "x", "latest"],
    [`python:3@${digest}`, hub, "library/python", digest],
  ];
  for (const [name, registry, path, version] of references) {
    it(`reads ${name.slice(0, 40)}`, () => assert.deepEqual(parseReference(name), { registry, path, version }));
  }

  it("refuses what is none", () => {
    for (const name of ["", " ", "UPPER/case", "a b", "x:", "../x", "http://x/y"])
      assert.equal(parseReference(name), null, name);
  });

  it("have one full name, which engines take", () => {
    for (const spelling of [
      "python",
      "python:latest",
      "library/python",
      "docker.io/python",
      "docker.io/library/python:latest",
    ])
      assert.equal(fullName(spelling), "docker.io/library/python:latest");
    assert.equal(fullName(`ghcr.io/a/b:1@${digest}`), `ghcr.io/a/b@${digest}`);
    assert.equal(fullName("Not A Name"), "Not A Name");
  });

  it("tells what is pinned, and what is on this machine", () => {
    assert.equal(isPinned(parseReference(`python:3@${digest}`)!), true);
    assert.equal(isPinned(parseReference("python:3")!), false);
    for (const host of ["localhost", "localhost:5000", "127.0.0.1:5000"]) assert.equal(isLoopback(host), true, host);
    for (const host of ["localhost.example.org", "127.0.0.1.example.org", "169.254.170.2", "ghcr.io"])
      assert.equal(isLoopback(host), false, host);
  });
});

describe("registries that workers get through to", () => {
  for (const registry of [hub, "ghcr.io", "registry.example.org:443", "127.0.0.1:5000", "localhost:5000"])
    it(`${registry} is one`, () => assert.equal(isOnUsualPort(registry), true));
  for (const registry of [
    "registry.example.org:5000",
    "registry.example.org:80",
    "registry.example.org:8443",
    "localhost.example.org:5000",
  ])
    it(`${registry} is none`, () => assert.equal(isOnUsualPort(registry), false));
});

describe("an image that no engine can pull", () => {
  const faults: [image: string, cure: string][] = [
    ["https://hub.docker.com/r/codalab/codalab-legacy", "codalab/codalab-legacy"],
    ["https://hub.docker.com/r/me/mine/tags", "me/mine"],
    ["https://ghcr.io/me/mine:1", "ghcr.io/me/mine:1"],
    ["docker pull me/mine:latest", "me/mine:latest"],
    ["Me/Mine:V1", "me/mine:V1"],
    [`Python@${digest}`, `python@${digest}`],
    ["my image", "python:3.12"],
    ["https://example.org/some page", "python:3.12"],
    ["python:", "python:3.12"],
  ];
  for (const [image, cure] of faults)
    it(`is explained: ${image.slice(0, 40)}`, () => {
      const fault = imageFault(image);
      assert.ok(fault?.endsWith(cure), String(fault));
    });

  it("is not one that engines take", () => {
    for (const image of ["python", "codalab/codalab-legacy:py37", "ghcr.io/a/b_c:1.0-x", `a/b@${digest}`])
      assert.equal(imageFault(image), null, image);
  });
});

describe("tags of copies", () => {
  const isTag = (tag: string) => assert.match(tag, /^\w[\w.-]{0,127}$/);
  const queue = "7b0f8a4e-0a34-4a52-9d55-1b1a6d0b8c11";
  const base: Reference = { registry: "ghcr.io", path: `${"a".repeat(100)}/b_c`, version: `1.0_${"x".repeat(100)}` };

  it("are such as registries take, however long the name", () => {
    isTag(copyTag(digest, null));
    isTag(copyTag(digest, queue));
    isTag(lastTag(base, null));
    isTag(lastTag({ registry: "localhost:5000", path: "x", version: "latest" }, queue));
  });

  it("are others for any other registry, path, version or queue", () => {
    const others = [
      { registry: "quay.io" },
      { path: "b" },
      { path: base.path.replace("/", "-") },
      { version: "2" },
    ].map((change) => lastTag({ ...base, ...change }, null));
    assert.equal(new Set([lastTag(base, null), lastTag(base, queue), ...others]).size, 6);
  });
});
