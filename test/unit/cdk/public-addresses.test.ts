import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { publicAddresses } from "../../../lib/public-addresses.ts";

/** Rules that one security group may have. */
const maxRules = 60;

describe("the addresses of the internet", () => {
  const blocks = new BlockList();
  for (const cidr of publicAddresses()) {
    const [address, bits] = cidr.split("/");
    blocks.addSubnet(address!, Number(bits));
  }
  const own = new BlockList();
  for (const [address, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["224.0.0.0", 3],
  ] as const)
    own.addSubnet(address, bits);

  it("fit into one security group", () =>
    assert.ok(publicAddresses().length <= maxRules, String(publicAddresses().length)));

  for (const [address, isPublic] of Object.entries({
    "9.255.255.255": true,
    "10.0.0.0": false,
    "10.255.255.255": false,
    "11.0.0.0": true,
    "100.63.255.255": true,
    "100.64.0.0": false,
    "100.128.0.0": true,
    "169.253.255.255": true,
    "169.254.169.254": false,
    "169.255.0.0": true,
    "172.15.255.255": true,
    "172.16.0.0": false,
    "172.31.255.255": false,
    "172.32.0.0": true,
    "192.167.255.255": true,
    "192.168.0.1": false,
    "192.169.0.0": true,
    "223.255.255.255": true,
    "224.0.0.0": false,
    "255.255.255.255": false,
    "0.0.0.0": false,
    "1.0.0.0": true,
    "52.219.0.1": true,
  }))
    it(`${isPublic ? "have" : "do not have"} ${address}`, () => assert.equal(blocks.check(address), isPublic));

  it("are all that are nobody's own", () =>
    fc.assert(fc.property(fc.ipV4(), (address) => assert.notEqual(blocks.check(address), own.check(address)))));
});
