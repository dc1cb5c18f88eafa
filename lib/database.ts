import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type * as iam from "aws-cdk-lib/aws-iam";
import * as rds from "aws-cdk-lib/aws-rds";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";
import type { Network } from "./network.ts";

const databaseName = "benchstack";

/**
 * Postgres, small and encrypted, in the isolated subnets. Functions sign in with IAM tokens; the owner's password is
 * made, kept and rotated by RDS and is for migrations alone.
 */
export class Database extends Construct {
  readonly #instance: rds.DatabaseInstance;

  constructor(scope: Construct, id: string, props: { deployment: Deployment; network: Network }) {
    super(scope, id);
    const production = props.deployment.mode === "production";
    this.#instance = new rds.DatabaseInstance(this, "Postgres", {
      // A major version only: AWS withdraws minor ones. The same major version as the embedded database.
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_18 }),
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
      vpc: props.network.vpc,
      vpcSubnets: props.network.inside,
      publiclyAccessible: false,
      databaseName,
      credentials: rds.Credentials.fromUsername("benchstack_owner"),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      storageEncrypted: true,
      storageType: rds.StorageType.GP3,
      allocatedStorage: 20,
      maxAllocatedStorage: 100,
      backupRetention: Duration.days(production ? 14 : 1),
      copyTagsToSnapshot: true,
      deletionProtection: production,
      deleteAutomatedBackups: !production,
      removalPolicy: production ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    this.#instance.connections.allowDefaultPortFrom(props.network.functions, "Functions inside");
  }

  /** Connection string of a Postgres role, without a password: that is an IAM token, signed for each connection. */
  url(role: string): string {
    const { hostname, port } = this.#instance.instanceEndpoint;
    return `postgresql://${role}@${hostname}:${port}/${databaseName}?sslmode=verify-full`;
  }

  /** Lets a principal sign in as a Postgres role. The role itself is made by the migrations. */
  grantConnect(grantee: iam.IGrantable, role: string): void {
    this.#instance.grantConnect(grantee, role);
  }
}
