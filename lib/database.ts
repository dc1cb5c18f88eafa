import { ArnFormat, Duration, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as rds from "aws-cdk-lib/aws-rds";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";
import { backupDaysOf } from "./keeping-options.ts";
import type { Network } from "./network.ts";

const databaseName = "benchstack";

/**
 * The PostgreSQL database: a small encrypted instance in the isolated subnets, or an existing database. Functions
 * connect with IAM tokens. Only migrations use the password of the owner, which RDS creates and rotates for our own
 * instance.
 */
export class Database extends Construct {
  /** The instance; undefined for an existing database. */
  readonly instance: rds.DatabaseInstance | undefined;
  /** The secret with `username` and `password` of the owner. */
  readonly ownerSecret: secretsmanager.ISecret;
  readonly #connections: ec2.Connections;
  readonly #address: { host: string; port: string; name: string; resourceId: string };

  constructor(scope: Construct, id: string, props: { deployment: Deployment; network: Network }) {
    super(scope, id);
    const { deployment, network } = props;
    const existing = deployment.existingDatabase;
    if (existing) {
      const group = ec2.SecurityGroup.fromSecurityGroupId(this, "Existing", existing.securityGroupId);
      this.#connections = new ec2.Connections({
        securityGroups: [group],
        defaultPort: ec2.Port.tcp(existing.port),
      });
      this.allowFrom(network.functions, "Functions inside");
      this.ownerSecret = secretsmanager.Secret.fromSecretCompleteArn(this, "Owner", existing.ownerSecretArn);
      this.#address = { ...existing, port: String(existing.port) };
      return;
    }
    const production = deployment.mode === "production";
    const { instanceType, multiAz, storageGiB, maxStorageGiB } = deployment.database;
    this.instance = new rds.DatabaseInstance(this, "Postgres", {
      // Only the major version, because AWS withdraws minor versions. The embedded database has the same one.
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_18 }),
      instanceType: new ec2.InstanceType(instanceType),
      // Without it, CloudFormation would take its value for a change.
      ...(multiAz ? { multiAz } : {}),
      vpc: network.vpc,
      vpcSubnets: network.inside,
      publiclyAccessible: false,
      databaseName,
      credentials: rds.Credentials.fromUsername("benchstack_owner"),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      storageEncrypted: true,
      storageType: rds.StorageType.GP3,
      allocatedStorage: storageGiB,
      maxAllocatedStorage: maxStorageGiB,
      backupRetention: Duration.days(backupDaysOf(deployment)),
      copyTagsToSnapshot: true,
      // Deletion protection of production is not set here but when the deploy has succeeded (setup.ts).
      deleteAutomatedBackups: !production,
      removalPolicy: production ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    this.#connections = this.instance.connections;
    this.allowFrom(network.functions, "Functions inside");
    const { attrMasterUserSecretSecretArn, attrDbiResourceId } = this.instance.node.defaultChild as rds.CfnDBInstance;
    this.ownerSecret = secretsmanager.Secret.fromSecretCompleteArn(this, "Owner", attrMasterUserSecretSecretArn);
    const { hostname, port } = this.instance.instanceEndpoint;
    this.#address = { host: hostname, port: Token.asString(port), name: databaseName, resourceId: attrDbiResourceId };
  }

  get host(): string {
    return this.#address.host;
  }

  /**
   * The connection string of a Postgres role, without a password. The password is an IAM token, new for each
   * connection.
   */
  url(role: string): string {
    const { host, port, name } = this.#address;
    return `postgresql://${role}@${host}:${port}/${name}?sslmode=verify-full`;
  }

  /** Lets the members of a security group reach the database. */
  allowFrom(group: ec2.ISecurityGroup, description: string): void {
    this.#connections.allowDefaultPortFrom(group, description);
  }

  /** Allows a principal to connect as a Postgres role. Migrations create the role itself. */
  grantConnect(grantee: iam.IGrantable, role: string): void {
    const resourceName = `${this.#address.resourceId}/${role}`;
    const resource = Stack.of(this).formatArn({
      service: "rds-db",
      resource: "dbuser",
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    iam.Grant.addToPrincipal({ grantee, actions: ["rds-db:connect"], resourceArns: [resource] });
  }
}
