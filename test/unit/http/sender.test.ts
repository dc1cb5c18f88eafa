import assert from "node:assert/strict";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, it } from "@jest/globals";
import { senderOf } from "../../../lambdas/http/sender.ts";

const sent = (sourceIp: string, headers: Record<string, string> = {}) =>
  senderOf({ headers, requestContext: { http: { sourceIp } } } as unknown as APIGatewayProxyEventV2);
const addressOf = (sourceIp: string, forwarded?: string) =>
  sent(sourceIp, forwarded === undefined ? {} : { "x-forwarded-for": forwarded }).address;

describe("the sender of a request", () => {
  it("has the address of the connection", () => {
    assert.equal(addressOf("203.0.113.7"), "203.0.113.7");
    for (const spelling of ["2001:db8::1", "2001:DB8:0:0:ffff::2", "2001:0db8::abcd"])
      assert.equal(addressOf(spelling), "2001:db8:0:0::/64", "an IPv6 network has as many addresses as it likes");
  });
  it("has the address that a proxy of this machine or network gives, not what the sender wrote before it", () => {
    for (const proxy of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.0.2", "fd00::1"])
      assert.equal(addressOf(proxy, "198.51.100.1, 203.0.113.7"), "203.0.113.7");
    assert.equal(addressOf("10.1.2.3", "nonsense"), "10.1.2.3");
  });
  it("has none if a proxy of this machine does not tell it", () => {
    for (const proxy of ["127.0.0.1", "::1"]) assert.equal(addressOf(proxy), null);
    assert.equal(addressOf("127.0.0.1", "nonsense"), null);
  });
  it("behind API Gateway has the address of who called it, together with the one before", () => {
    assert.equal(addressOf("203.0.113.7", "203.0.113.7"), "203.0.113.7");
    assert.equal(addressOf("192.0.2.1", "198.51.100.9, 203.0.113.7, 192.0.2.1"), "203.0.113.7 192.0.2.1");
  });
  it("elsewhere chooses no address by a header", () => {
    assert.equal(addressOf("203.0.113.7", "198.51.100.1"), "203.0.113.7");
    assert.equal(addressOf("172.32.0.1", "198.51.100.1"), "172.32.0.1");
  });
  it("says which program it is, briefly", () => {
    assert.equal(sent("203.0.113.7").userAgent, null);
    assert.equal(sent("203.0.113.7", { "user-agent": "x".repeat(900) }).userAgent?.length, 200);
  });
});
