/**
 * List prices in USD of everything but compute, whose prices are in `lambdas/jobs/rules/prices.ts`. They were written down on `date`, and not compared with AWS's pages on that day. Change the date
 * when you check a price on the pages in `lookUpAt`, or change one.
 */
export const monthlyPrices = {
  date: "2026-11-21",
  region: "us-east-1",
  lookUpAt: [
    "https://aws.amazon.com/rds/postgresql/pricing/",
    "https://aws.amazon.com/privatelink/pricing/",
    "https://aws.amazon.com/secrets-manager/pricing/",
    "https://aws.amazon.com/cloudwatch/pricing/",
    "https://aws.amazon.com/lambda/pricing/",
    "https://aws.amazon.com/sqs/pricing/",
    "https://aws.amazon.com/ecr/pricing/",
    "https://aws.amazon.com/elasticloadbalancing/pricing/",
  ],
  hoursPerMonth: 730,
  databaseHour: {
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.t4g.large": 0.129,
    "db.m7g.large": 0.168,
    "db.r7g.large": 0.239,
  } as Record<string, number>,
  databaseGbMonth: 0.115,
  endpointHourPerZone: 0.01,
  secretMonth: 0.4,
  alarmMonth: 0.1,
  /** Charged for the hours in which the metric has data. */
  metricMonth: 0.3,
  /** An account has three dashboards for free. */
  dashboardMonth: 0,
  firewallDomainMonth: 0.0005,
  lambdaMillionRequests: 0.2,
  /** ARM. */
  lambdaGbSecond: 0.0000133334,
  sqsMillionRequests: 0.4,
  apiMillionRequests: 1,
  s3ThousandWrites: 0.005,
  s3GbMonth: 0.023,
  ecrGbMonth: 0.1,
  publicIpv4Hour: 0.005,
  /** Without its use. */
  loadBalancerHour: 0.0225,
};
