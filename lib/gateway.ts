/** The service that streams the contents of worksheet bundles (docs/decisions/0047-a-gateway-for-contents.md). */
import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as elb from "aws-cdk-lib/aws-elasticloadbalancingv2";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { roles } from "../lambdas/kernel/db/roles.ts";
import { toEnvironment } from "../lambdas/kernel/environment.ts";
import type { Images } from "./images.ts";
import { type Foundation, insideVariables } from "./inside-function.ts";
import { type Network, refuseOutbound } from "./network.ts";
import { managedPrefixList } from "./prefix-list.ts";

const port = 8080;
const databaseRole = "benchstack_gateway";
/** How long an answer may take to begin, which is as long as CloudFront waits for one without a higher quota. */
const maxSilence = Duration.seconds(120);
/** How long uploads and downloads go on after a deploy has started the next tasks; then they have `stopTimeout` more. */
const drained = Duration.minutes(10);

/**
 * CloudFront sends requests for contents to a load balancer inside the VPC, which nothing else reaches. Its tasks are in public
 * subnets, because they fetch files from addresses that people name.
 */
export class Gateway extends Construct {
  /** Where CloudFront finds it. */
  readonly origin: cloudfront.IOrigin;
  readonly #network: Network;
  readonly #group: ec2.SecurityGroup;
  readonly #targets: elb.ApplicationTargetGroup;
  readonly #balancer: elb.ApplicationLoadBalancer;

  constructor(scope: Construct, id: string, { network, group }: { network: Network; group: ec2.SecurityGroup }) {
    super(scope, id);
    this.#network = network;
    this.#group = group;
    const inFront = new ec2.SecurityGroup(this, "Balancer", {
      vpc: network.vpc,
      description: "Load balancer of the gateway",
      allowAllOutbound: false,
    });
    refuseOutbound(inFront);
    const cloudFront = managedPrefixList(this, "CloudFrontPrefixList", "com.amazonaws.global.cloudfront.origin-facing");
    inFront.addIngressRule(ec2.Peer.prefixList(cloudFront), ec2.Port.HTTP, "CloudFront");
    this.#balancer = new elb.ApplicationLoadBalancer(this, "LoadBalancer", {
      vpc: network.vpc,
      vpcSubnets: network.inside,
      internetFacing: false,
      securityGroup: inFront,
      idleTimeout: maxSilence,
      dropInvalidHeaderFields: true,
      // CloudFront adds the address of whoever asks. What stands last is believed.
      xffHeaderProcessingMode: elb.XffHeaderProcessingMode.PRESERVE,
    });
    this.#targets = new elb.ApplicationTargetGroup(this, "Targets", {
      vpc: network.vpc,
      protocol: elb.ApplicationProtocol.HTTP,
      port,
      targetType: elb.TargetType.IP,
      deregistrationDelay: drained,
      healthCheck: { path: "/health", interval: Duration.seconds(15), healthyThresholdCount: 2 },
    });
    const listener = this.#balancer.addListener("Http", {
      protocol: elb.ApplicationProtocol.HTTP,
      port: 80,
      open: false,
      defaultTargetGroups: [this.#targets],
    });
    // The schema of listeners that cfn-lint has knows no tags. CloudFormation passes those of the stack on by itself.
    (listener.node.defaultChild as elb.CfnListener).addPropertyDeletionOverride("Tags");
    inFront.addEgressRule(group, ec2.Port.tcp(port), "Gateway");
    group.addIngressRule(inFront, ec2.Port.tcp(port), "Load balancer");
    const inVpc = new cloudfront.VpcOrigin(this, "Origin", {
      endpoint: cloudfront.VpcOriginEndpoint.applicationLoadBalancer(this.#balancer),
      // Within the VPC: a certificate for the load balancer would need a domain name of its own.
      protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY,
    });
    this.origin = origins.VpcOrigin.withVpcOrigin(inVpc, { readTimeout: maxSilence });
  }

  /** Adds the service, which needs the address of the platform. */
  serve(foundation: Foundation, { cluster, images }: { cluster: ecs.ICluster; images: Images }): ecs.FargateService {
    const { deployment, database, storage, queues } = foundation;
    const { gatewayTasks } = deployment.worksheets;
    const definition = new ecs.FargateTaskDefinition(this, "Task", {
      cpu: 512,
      memoryLimitMiB: 1024,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
    });
    definition.addContainer("gateway", {
      image: images.worker,
      entryPoint: ["node", "/opt/benchstack/gateway.cjs"],
      environment: {
        ...toEnvironment<"inside">(insideVariables(foundation, databaseRole)),
        ...toEnvironment<"gateway">({
          GATEWAY_PORT: String(port),
          DATABASE_AUTHORITIES_URL: `https://truststore.pki.rds.${Aws.URL_SUFFIX}/${Aws.REGION}/${Aws.REGION}-bundle.pem`,
        }),
        AWS_REGION: Aws.REGION,
        // While a new release starts, there are twice as many tasks.
        DATABASE_MAX_CONNECTIONS: String(Math.floor(roles[databaseRole] / (2 * gatewayTasks))),
      },
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: "gateway",
        logGroup: new logs.LogGroup(this, "Logs", {
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
      portMappings: [{ containerPort: port }],
      stopTimeout: Duration.seconds(120),
    });
    images.grantPull(definition.obtainExecutionRole());
    storage.grantContents(definition.taskRole);
    queues.grantSendControl(definition.taskRole);
    database.grantConnect(definition.taskRole, databaseRole);
    database.allowFrom(this.#group, "Gateway");
    const service = new ecs.FargateService(this, "Service", {
      cluster,
      taskDefinition: definition,
      vpcSubnets: this.#network.public,
      assignPublicIp: true,
      securityGroups: [this.#group],
      desiredCount: gatewayTasks,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      propagateTags: ecs.PropagatedTagSource.SERVICE,
      platformVersion: ecs.FargatePlatformVersion.LATEST,
    });
    service.attachToApplicationTargetGroup(this.#targets);
    return service;
  }

  /** What alarms watch: how many requests failed, and how many tasks are well. */
  metrics(period: Duration): { errors: cloudwatch.IMetric; tasks: cloudwatch.IMetric } {
    const { HttpCodeTarget, HttpCodeElb } = elb;
    return {
      errors: new cloudwatch.MathExpression({
        expression: "FILL(answered, 0) + FILL(unanswered, 0)",
        usingMetrics: {
          answered: this.#targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
          unanswered: this.#balancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
        },
        period,
      }),
      tasks: this.#targets.metrics.healthyHostCount({ period, statistic: "Minimum" }),
    };
  }
}
