/**
 * List prices of compute by region, in millionths of a USD. The only price table: costs, budgets, invoices and
 * `npm run cost` use it. Check the prices on the pages in `sources`, and then change the date.
 */
import { hostsInFrankfurt, hostsInIreland, hostsInUsa, type HostPrices } from "./host-prices.ts";

/** The prices of one region. */
export interface RegionPrices {
  fargate: { vcpuHour: number; gbHour: number };
  /** EC2 hosts by family and size: the price of an hour on demand. */
  hosts: HostPrices;
  /** A GB of a host's disk for a month. */
  diskGbMonth: number;
  /** The public address of a host for an hour. */
  addressHour: number;
}

export interface PriceTable {
  /** The day of the oldest price. */
  date: string;
  sources: string[];
  regions: Record<string, RegionPrices>;
  /** Minimum number of seconds for which a Fargate task is billed. */
  fargateMinimumSeconds: number;
  /** Maximum discount of Fargate Spot, in per cent. The actual discount changes daily. */
  fargateSpotDiscountPercent: number;
  /** The assumed discount of Spot hosts, in per cent. The actual one differs by type and zone, and changes daily. */
  hostSpotDiscountPercent: number;
}

/** The region whose prices stand for those of regions that are not in the table. */
export const standardRegion = "us-east-1";

const usa: RegionPrices = {
  fargate: { vcpuHour: 40_480, gbHour: 4_445 },
  hosts: hostsInUsa,
  diskGbMonth: 80_000,
  addressHour: 5_000,
};

export const prices: PriceTable = {
  date: "2026-01-21",
  sources: [
    "https://aws.amazon.com/fargate/pricing/ (Linux, x86, on demand)",
    "https://aws.amazon.com/ec2/pricing/on-demand/ (Linux)",
    "https://aws.amazon.com/ebs/pricing/ (gp3)",
    "https://aws.amazon.com/vpc/pricing/ (public IPv4 addresses)",
  ],
  regions: {
    [standardRegion]: usa,
    "us-east-2": usa,
    "us-west-2": usa,
    "eu-west-1": { ...usa, hosts: hostsInIreland, diskGbMonth: 88_000 },
    "eu-central-1": {
      ...usa,
      fargate: { vcpuHour: 46_560, gbHour: 5_110 },
      hosts: hostsInFrankfurt,
      diskGbMonth: 95_200,
    },
  },
  fargateMinimumSeconds: 60,
  fargateSpotDiscountPercent: 70,
  hostSpotDiscountPercent: 50,
};
