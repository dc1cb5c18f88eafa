import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";
import { backupDaysOf } from "./keeping-options.ts";

/**
 * The two buckets: `uploads` has the files that people upload, `jobs` the results of attempts. Both are private and
 * encrypted and accept TLS only. Browsers and workers use signed URLs. In production they keep deleted and replaced files as
 * long as the database keeps its backups, so that both can be restored to one moment. No function may delete those versions.
 */
export class Storage extends Construct {
  readonly uploads: s3.Bucket;
  readonly jobs: s3.Bucket;

  constructor(scope: Construct, id: string, props: { deployment: Deployment }) {
    super(scope, id);
    const keepsVersions = props.deployment.mode === "production";
    const keptFor = Duration.days(backupDaysOf(props.deployment));
    const bucket = (name: string, browserMethods: s3.HttpMethods[]) =>
      privateBucket(this, name, props.deployment, {
        versioned: keepsVersions,
        // Every origin is allowed, because the signature in the URL authorizes a request and no cookie is involved.
        cors: [
          {
            allowedOrigins: ["*"],
            allowedHeaders: ["*"],
            allowedMethods: browserMethods,
            exposedHeaders: ["ETag"],
            maxAge: 3600,
          },
        ],
        lifecycleRules: [
          { abortIncompleteMultipartUploadAfter: Duration.days(2) },
          { transitions: [{ storageClass: s3.StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) }] },
          ...(keepsVersions ? [{ noncurrentVersionExpiration: keptFor, expiredObjectDeleteMarker: true }] : []),
        ],
      });
    this.uploads = bucket("Uploads", [
      s3.HttpMethods.GET,
      s3.HttpMethods.HEAD,
      s3.HttpMethods.PUT,
      s3.HttpMethods.POST,
    ]);
    this.jobs = bucket("Jobs", [s3.HttpMethods.GET, s3.HttpMethods.HEAD]);
    // Responses that are too large for Lambda are stored here, and the client fetches them immediately.
    this.jobs.addLifecycleRule({
      prefix: "answers/",
      expiration: Duration.days(1),
      // Of two rules, S3 follows the one that expires sooner. Nobody restores an answer.
      ...(keepsVersions ? { noncurrentVersionExpiration: Duration.days(1) } : {}),
    });
  }

  get buckets(): s3.Bucket[] {
    return [this.uploads, this.jobs];
  }

  /**
   * Allows a principal to use the objects of both buckets, and thus to sign URLs for them. Without the permission to
   * list, S3 would answer 403 for an object that does not exist.
   */
  grantUse(grantee: iam.IGrantable): void {
    const objects = [
      "s3:GetObject",
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
    ];
    iam.Grant.addToPrincipal({
      grantee,
      actions: objects,
      resourceArns: this.buckets.map((bucket) => bucket.arnForObjects("*")),
    });
    iam.Grant.addToPrincipal({
      grantee,
      actions: ["s3:ListBucket"],
      resourceArns: this.buckets.map((bucket) => bucket.bucketArn),
    });
  }

  /** Allows a principal to use the contents of worksheet bundles, and the answers of workers about the files of runs. */
  grantContents(grantee: iam.IGrantable): void {
    const allow = (actions: string[], ...resourceArns: string[]) =>
      iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
    allow(
      ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      this.uploads.arnForObjects("bundles/*"),
    );
    allow(["s3:GetObject", "s3:DeleteObject"], this.jobs.arnForObjects("jobs/*/answers/*"));
    // Without it, S3 answers 403 for an object that does not exist.
    allow(["s3:ListBucket"], ...this.buckets.map((bucket) => bucket.bucketArn));
  }

  /**
   * Denies uploads through an endpoint. Programs behind it could otherwise send data out with a signed URL that their
   * participant gave them.
   */
  refuseUploadsThrough(endpoint: ec2.IVpcEndpoint): void {
    this.uploads.addToResourcePolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:PutObject"],
        resources: [this.uploads.arnForObjects("*")],
        conditions: { StringEquals: { "aws:SourceVpce": endpoint.vpcEndpointId } },
      }),
    );
  }
}

/** A private and encrypted bucket that accepts TLS only. In a trial, it is deleted with its stack. */
export function privateBucket(
  scope: Construct,
  id: string,
  { mode }: Deployment,
  options: Pick<s3.BucketProps, "cors" | "lifecycleRules" | "versioned" | "objectOwnership"> = {},
): s3.Bucket {
  const trial = mode === "trial";
  return new s3.Bucket(scope, id, {
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ...options,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: trial ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    autoDeleteObjects: trial,
  });
}
