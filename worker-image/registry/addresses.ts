import { BlockList, isIPv4 } from "node:net";

/**
 * Addresses that are not public, from IANA's registries of special-purpose addresses. Metadata addresses of clouds are
 * link-local.
 */
const special = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // examples
  "192.88.99.0/24", // IPv6 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarking
  "198.51.100.0/24", // examples
  "203.0.113.0/24", // examples
  "224.0.0.0/3", // multicast, reserved and broadcast
  "2001::/23", // protocol assignments and IPv4 tunnels
  "2001:db8::/32", // examples
  "2002::/16", // IPv4 tunnels
  "3fff::/20", // examples
];

/**
 * The IPv6 range allocated to the public internet. Unique-local, link-local and IPv4-mapped addresses are outside it.
 */
const allocated = ["2000::/3"];

const familyOf = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6");

/** Returns a function that checks whether an address is in one of the ranges. */
function within(ranges: string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return (address) => list.check(address, familyOf(address));
}

const isSpecial = within(special);
const isAllocated = within(allocated);

/** Whether an address is on the public internet, rather than in a network that only its own machines can reach. */
export const isPublicAddress = (address: string): boolean =>
  (isIPv4(address) || isAllocated(address)) && !isSpecial(address);

export const isLoopbackAddress = within(["127.0.0.0/8", "::1/128"]);
