/** What compute costs, in millionths of a USD, by list price. When a price changes, so does the date. */
export interface PriceTable {
  /** The day the prices were looked up. */
  date: string;
  source: string;
  region: string;
  fargate: Record<"x86_64" | "arm64", { vcpuHour: number; gbHour: number }>;
  /** Seconds that a Fargate task is billed for at least. */
  fargateMinimumSeconds: number;
  /** The most Fargate Spot takes off, in per cent; what it really takes off changes from day to day. */
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
