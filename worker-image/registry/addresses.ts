import { BlockList, isIPv4 } from "node:net";

/** What is not the internet, by IANA's registries of special-purpose addresses. Metadata addresses of clouds are link-local. */
const special = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // behind carriers' NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocols
  "192.0.2.0/24", // examples
  "192.88.99.0/24", // relays to IPv6
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // examples
  "203.0.113.0/24", // examples
  "224.0.0.0/3", // multicast, reserved and broadcast
  "2001::/23", // protocols, and tunnels to IPv4
  "2001:db8::/32", // examples
  "2002::/16", // tunnels to IPv4
  "3fff::/20", // examples
];

/** What IPv6 has given out for the internet. Unique-local, link-local and IPv4 in the form of IPv6 are elsewhere. */
const allocated = ["2000::/3"];

const familyOf = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6");

/** Whether an address is in one of some ranges. */
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

/** Whether an address is one of the internet, and not of a network that somebody is inside of. */
export const isPublicAddress = (address: string): boolean =>
  (isIPv4(address) || isAllocated(address)) && !isSpecial(address);

export const isLoopbackAddress = within(["127.0.0.0/8", "::1/128"]);
