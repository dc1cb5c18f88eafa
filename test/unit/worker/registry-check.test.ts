import assert from "node:assert/strict";
import type { lookup } from "node:dns";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, it } from "@jest/globals";
import type { StepFailure } from "../../../worker-image/failure.ts";
import { RegistryCheck, type AllowedRegistries } from "../../../worker-image/launchers/docker/registry-check.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { isPublicAddress } from "../../../worker-image/registry/addresses.ts";
import { RegistryClient } from "../../../worker-image/registry/client.ts";
import { selfSigned } from "../../support/certificate.ts";

/** Resolves every name to these addresses. */
const names = (...addresses: string[]): typeof lookup =>
  ((_name: string, _options: unknown, done: (error: Error | null, found: object[]) => void) =>
    addresses.length === 0
      ? done(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }), [])
      : done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        )) as unknown as typeof lookup;

function checking(allowed: AllowedRegistries = new Set(), resolve = names("10.0.0.7")) {
  const lines: string[] = [];
  const check = new RegistryCheck(allowed, new RegistryClient(isPublicAddress, resolve));
  const refusal = (image: string, hasLogin = false) =>
    check
      .requirePublic(
        image,
        hasLogin,
        jsonLog((line) => lines.push(line)),
      )
      .then(
        () => null,
        (error: StepFailure) => error,
      );
  return { refusal, lines };
}

describe("the registry of an image (R-133)", () => {
  const inside = [
    "127.0.0.1:22/team/image:1",
    "127.1/team/image",
    "0x7f.1:5000/team/image",
    "0.0.0.0:5000/team/image",
    "localhost/team/image",
    "169.254.169.254/latest/meta-data",
    "10.1.2.3/team/image",
    "192.168.1.1:8080/team/image",
    "registry.internal:5000/team/image@sha256:" + "0".repeat(64),
  ];
  for (const image of inside)
    it(`${image.slice(0, 40)} is not asked, because its address is not public`, async () => {
      const failure = await checking().refusal(image);
      assert.equal(failure?.code, "IMAGE_NOT_FOUND");
      assert.match(failure.message, /is at an address that is not public.*BENCHSTACK_PRIVATE_REGISTRIES/);
    });

  it("is not asked if any of its addresses is not public", async () => {
    const { refusal } = checking(new Set(), names("1.1.1.1", "127.0.0.1"));
    assert.match((await refusal("registry.example.org/team/image"))!.message, /not public/);
  });

  it("is Docker Hub's unless an image names one, and is asked in the same way", async () => {
    assert.match((await checking().refusal("team/image"))!.message, /its registry Docker Hub is at an address/);
  });

  it("may be anywhere if the operator allows it, has logged in to it, or chose the image", async () => {
    const { refusal } = checking(new Set(["10.1.2.3:5000"]));
    assert.equal(await refusal("10.1.2.3:5000/team/image"), null);
    assert.equal((await refusal("10.1.2.3/team/image"))?.code, "IMAGE_NOT_FOUND", "another port is another registry");
    assert.equal(await refusal("10.1.2.3/team/image", true), null);
    assert.equal(await checking("all").refusal("10.1.2.3/team/image"), null);
  });

  it("is left to the engine if its name is unknown, which the log says", async () => {
    const { refusal, lines } = checking(new Set(), names());
    assert.equal(await refusal("registry.example.org/team/image"), null);
    assert.match(lines.join(), /registry\.unasked/);
  });

  it("may not name a server of tokens inside", async () => {
    const { key, cert } = await selfSigned("registry.test");
    let realm = "";
    const asked: string[] = [];
    const server = createServer({ key, cert }, (request, response) => {
      asked.push(`${request.headers.host?.split(":")[0]} ${request.url}`);
      const headers = request.url === "/v2/" ? { "www-authenticate": `Bearer realm="${realm}",service="x"` } : {};
      response.writeHead(request.url === "/v2/" ? 401 : 200, headers).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const known = getCACertificates();
    setDefaultCACertificates([cert]);
    try {
      // For this test, the one address that counts as public.
      const client = new RegistryClient((address) => address === "127.0.0.1", names("127.0.0.1"));
      const check = new RegistryCheck(new Set(), client);
      const requirePublic = () =>
        check.requirePublic(
          `registry.test:${port}/team/image`,
          false,
          jsonLog(() => {}),
        );
      for (realm of ["http://registry.test/token", "https://10.0.0.1/token", "https://169.254.169.254/latest/"])
        await assert.rejects(requirePublic(), /or sends the worker to one/);
      realm = `https://registry.test:${port}/token`;
      await requirePublic();
      assert.deepEqual(asked.slice(-2), ["registry.test /v2/", "registry.test /token"]);
    } finally {
      setDefaultCACertificates(known);
      server.closeAllConnections();
      server.close();
    }
  });

  it("must be one that the worker reads in the same way as the engine", async () => {
    for (const image of ["METADATA/team/image", "x:99999/team/image", "127.0.0.1:5000/x@sha512:" + "0".repeat(128)])
      assert.match((await checking().refusal(image))!.message, /not a valid image name/, image);
  });
});
