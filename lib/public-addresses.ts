/** The blocks of IPv4 addresses that are not on the internet (RFC 6890). */
const notPublic = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/3",
];

interface Block {
  start: number;
  /** The length of the prefix in bits. */
  bits: number;
}

function block(cidr: string): Block {
  const [address = "", bits] = cidr.split("/");
  return { start: address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}

const size = ({ bits }: Block) => 2 ** (32 - bits);
const overlap = (a: Block, b: Block) => a.start < b.start + size(b) && b.start < a.start + size(a);
const written = ({ start, bits }: Block) =>
  `${[24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join(".")}/${bits}`;

/**
 * The smallest list of blocks with all public IPv4 addresses and no other. A security group needs it because its rules
 * can allow addresses and cannot exclude any.
 */
export function publicAddresses(): string[] {
  const excluded = notPublic.map(block);
  const rest = (whole: Block): Block[] => {
    if (!excluded.some((one) => overlap(one, whole))) return [whole];
    if (excluded.some((one) => one.bits <= whole.bits && overlap(one, whole))) return [];
    const half = { start: whole.start, bits: whole.bits + 1 };
    return [half, { ...half, start: half.start + size(half) }].flatMap(rest);
  };
  return rest({ start: 0, bits: 0 }).map(written);
}
