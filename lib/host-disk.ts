/** How full the disks of hosts are, which EC2 does not measure. */
import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as iam from "aws-cdk-lib/aws-iam";

/** Of the disk with images and containers, the fullest of a capacity provider. */
const metricName = "disk_used_percent";
const dimension = "CapacityProvider";

/** The hosts of a capacity provider as a source of metrics. */
export interface MeasuredHosts {
  namespace: string;
  capacityProvider: string;
}

/**
 * Commands for the user data of a host: they install AWS's agent, which sends one number a minute. They run beside the start
 * of ECS, which does not wait for them; a host without the agent works as well.
 */
export function measureDisk({ namespace, capacityProvider }: MeasuredHosts): string[] {
  const config = {
    agent: { metrics_collection_interval: 60, omit_hostname: true },
    metrics: {
      namespace,
      aggregation_dimensions: [[dimension]],
      metrics_collected: {
        disk: {
          measurement: ["used_percent"],
          resources: ["/"],
          drop_device: true,
          append_dimensions: { [dimension]: capacityProvider },
        },
      },
    },
  };
  const file = "/etc/ecs/disk-metric.json";
  const start = `/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:${file}`;
  return [
    `echo '${JSON.stringify(config)}' > ${file}`,
    `systemd-run --no-block /bin/bash -c 'dnf install -y amazon-cloudwatch-agent && ${start}'`,
  ];
}

/** Allows hosts to send this metric and no others. */
export function grantMeasure(role: iam.Role, { namespace }: MeasuredHosts): void {
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ["cloudwatch:PutMetricData"],
      // IAM does not support resources for this action.
      resources: ["*"],
      conditions: { StringEquals: { "cloudwatch:namespace": namespace } },
    }),
  );
}

/** The share of the fullest disk of a capacity provider that is used, in per cent. */
export const diskMetric = ({ namespace, capacityProvider }: MeasuredHosts): cloudwatch.Metric =>
  new cloudwatch.Metric({
    namespace,
    metricName,
    dimensionsMap: { [dimension]: capacityProvider },
    period: Duration.minutes(5),
    statistic: "Maximum",
  });
