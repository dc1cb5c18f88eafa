/** List prices of compute, in millionths of a USD. Update the date with every change of a price. */
export interface PriceTable {
  /** The day when the prices were looked up. */
  date: string;
  source: string;
  region: string;
  fargate: Record<"x86_64" | "arm64", { vcpuHour: number; gbHour: number }>;
  /** Minimum number of seconds for which a Fargate task is billed. */
  fargateMinimumSeconds: number;
  /** Maximum discount of Fargate Spot, in per cent. The actual discount changes daily. */
  fargateSpotDiscountPercent: number;
}

export const prices: PriceTable = {
  date: "2026-11-21",
  source: "https://aws.amazon.com/fargate/pricing/ (Linux, on demand)",
  region: "us-east-1",
  fargate: {
    x86_64: { vcpuHour: 40_480, gbHour: 4_445 },
    arm64: { vcpuHour: 32_380, gbHour: 3_560 },
  },
  fargateMinimumSeconds: 60,
  fargateSpotDiscountPercent: 70,
};
