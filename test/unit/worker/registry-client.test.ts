import assert from "node:assert/strict";
import type { lookup } from "node:dns";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeEach, describe, it } from "@jest/globals";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { isLoopbackAddress, isPublicAddress } from "../../../worker-image/registry/addresses.ts";
import { bytesOf, RegistryClient, CorruptContent, RefusedAddress } from "../../../worker-image/registry/client.ts";
import { HttpError } from "../../../worker-image/http.ts";
import { selfSigned } from "../../support/certificate.ts";
import { waitFor } from "../../support/wait.ts";

const signal = new AbortController().signal;
/** Where a test's registry is, and where it has nothing to look for. */
const [outside, inside] = ["127.0.0.1", "127.0.0.2"];

describe("addresses", () => {
  it("of the internet are public", () => {
    for (const address of [
      "1.1.1.1",
      "9.255.255.255",
      "100.63.255.255",
      "100.128.0.0",
      "172.15.0.1",
      "172.32.0.1",
      "192.167.0.1",
      "223.255.255.255",
      "2600:1f18::1",
      "2a00:1450::1",
      "2001:4860:4860::8888",
    ])
      assert.equal(isPublicAddress(address), true, address);
  });

  it("of inside, of a machine itself, of metadata and of nobody are not", () => {
    const v4 = [
      "0.0.0.0",
      "10.0.0.1",
      "100.64.0.1",
      "100.100.100.200",
      "127.0.0.1",
      "127.255.255.254",
      "169.254.169.254",
      "169.254.170.2",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "198.18.0.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
    ];
    const v6 = [
      "::",
      "::1",
      "fd00:ec2::254",
      "fc00::1",
      "fe80::1",
      "fec0::1",
      "ff02::1",
      "64:ff9b::a00:1",
      "64:ff9b::102:304",
      "2002:a00:1::1",
      "2001:0:a00:1::1",
      "2001:db8::1",
    ];
    for (const address of [...v4, ...v6, ...v4.map((mapped) => `::ffff:${mapped}`)])
      assert.equal(isPublicAddress(address), false, address);
  });

  it("of loopback are told", () => {
    for (const address of ["127.0.0.1", "127.1.2.3", "::1"]) assert.equal(isLoopbackAddress(address), true, address);
    for (const address of ["128.0.0.1", "10.0.0.1", "::2", "1.1.1.1"])
      assert.equal(isLoopbackAddress(address), false, address);
  });
});

describe("a client of registries", () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** `host path authorization` of what came. */
  let came: string[];
  const server = (address: string) => {
    const made = createServer((request, response) => {
      came.push([address, request.url, request.headers.authorization].join(" ").trim());
      answer(request, response);
    });
    return {
      made,
      listen: (port: number) =>
        new Promise<number>((resolve) =>
          made.listen(port, address, () => resolve((made.address() as AddressInfo).port)),
        ),
    };
  };
  const servers = [server(outside), server(inside)] as const;
  let port = 0;
  beforeEach(async () => {
    came = [];
    port ||= await servers[0].listen(0);
    if (!servers[1].made.listening) await servers[1].listen(port);
  });
  afterEach(() => servers.forEach(({ made }) => made.closeAllConnections()));
  afterAll(() => servers.forEach(({ made }) => made.close()));

  const ask = (client: RegistryClient, url: string) =>
    client.ask(new URL(url), { authorization: { authorization: "secret" }, signal });
  /** Names stand for these addresses, one after the other. */
  const names = (...addresses: string[]): typeof lookup =>
    ((_name: string, _options: unknown, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: addresses.shift(), family: 4 }])) as unknown as typeof lookup;
  const ofOutside = (resolve?: typeof lookup) => new RegistryClient((address) => address === outside, resolve);
  const redirects = (...locations: string[]) => {
    answer = (_, response) => {
      const location = locations.shift();
      response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end("here");
    };
  };

  it("follows redirects, and shows other hosts nothing of the first one's", async () => {
    redirects("/next", `http://localhost:${port}/elsewhere`);
    const found = await ask(new RegistryClient(isLoopbackAddress), `http://${outside}:${port}/`);
    assert.equal((await bytesOf(found, "it", 10)).toString(), "here");
    assert.equal(found.url.pathname, "/elsewhere");
    assert.deepEqual(came, [`${outside} / secret`, `${outside} /next secret`, `${outside} /elsewhere`]);
  });

  it("goes to no address that is not public, as such or by a name", async () => {
    const client = new RegistryClient(isPublicAddress);
    const literals = [outside, "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"];
    for (const host of [...literals, "localhost"])
      for (const protocol of ["http", "https"])
        await assert.rejects(ask(client, `${protocol}://${host}:${port}/`), RefusedAddress, `${protocol}://${host}`);
    assert.deepEqual(came, []);
  });

  for (const location of [
    `http://${inside}:0/`,
    "https://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
  ])
    it(`follows none to ${location}`, async () => {
      redirects(location.replace(":0", `:${port}`));
      await assert.rejects(ask(ofOutside(), `http://${outside}:${port}/`), RefusedAddress);
      assert.deepEqual(came, [`${outside} / secret`]);
    });

  it("connects to the very address that it looked at, whatever the name stands for next", async () => {
    answer = (_, response) => void response.writeHead(200, { connection: "close" }).end();
    const client = ofOutside(names(outside, inside, outside));
    const url = `http://localhost:${port}/`;
    await bytesOf(await ask(client, url), "it", 10);
    await assert.rejects(ask(client, url), RefusedAddress);
    await bytesOf(await ask(client, url), "it", 10);
    assert.deepEqual(came, Array(2).fill(`${outside} / secret`));
  });

  it("gives up on a redirect that never ends or says nothing", async () => {
    for (const location of ["/again", "http://["]) {
      redirects(...Array<string>(20).fill(location));
      await assert.rejects(ask(ofOutside(), `http://${outside}:${port}/`), HttpError);
    }
  });

  it("reads no more than it is to", async () => {
    let [sent, closed] = [0, false];
    answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on("drain", more).on("close", () => (closed = true));
      more();
    };
    const found = await ask(ofOutside(), `http://${outside}:${port}/`);
    await assert.rejects(
      bytesOf(found, "its token", 65_536),
      (error: Error) => error instanceof CorruptContent && error.message === "its token is larger than 65536 bytes",
    );
    await waitFor("the connection to be closed", () => closed);
    assert.ok(sent < 50_000_000, String(sent));
  });

  it("stops in the middle of an answer when it is told to", async () => {
    answer = (_, response) => void response.writeHead(200).write("begun");
    const stop = new AbortController();
    const found = await ofOutside().ask(new URL(`http://${outside}:${port}/`), { signal: stop.signal });
    const read = bytesOf(found, "it", 100);
    stop.abort(new Error("told to"));
    await assert.rejects(read, { name: "AbortError" });
  });

  it("wants a certificate for the name", async () => {
    const { key, cert } = await selfSigned("registry.test");
    const secure = createSecureServer({ key, cert }, (_, response) => response.end("here"));
    await new Promise<void>((resolve) => secure.listen(0, outside, resolve));
    const at = (name: string) =>
      ask(ofOutside(names(outside)), `https://${name}:${(secure.address() as AddressInfo).port}/`);
    const known = getCACertificates();
    try {
      await assert.rejects(at("registry.test"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
      setDefaultCACertificates([cert]);
      assert.equal((await bytesOf(await at("registry.test"), "it", 10)).toString(), "here");
      await assert.rejects(at("other.test"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    } finally {
      setDefaultCACertificates(known);
      secure.closeAllConnections();
      secure.close();
    }
  });
});
