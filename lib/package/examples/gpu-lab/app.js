// A lab with GPUs: hosts start when a step needs them and end when they are idle. The lab adds to the platform: its
// alarms also go to a queue, from which its own software reads.
import { App, Stack } from "aws-cdk-lib";
import { SqsSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { Benchstack } from "benchstack-cdk";

const stack = new Stack(new App(), "GpuLab");
const bench = new Benchstack(stack, "Bench", {
  mode: "trial",
  budgetUsd: 500,
  profiles: {
    gpu: { cpu: 4096, memoryMiB: 14_000, diskGiB: 100, gpus: 1, capacity: "t4-spot", fallback: "t4" },
  },
  capacityProviders: {
    t4: { instanceType: "g4dn.xlarge", max: 2 },
    "t4-spot": { instanceType: "g4dn.xlarge", max: 4, spot: true },
  },
});

bench.alarmTopic.addSubscription(new SqsSubscription(new Queue(stack, "Alarms", { enforceSSL: true })));
