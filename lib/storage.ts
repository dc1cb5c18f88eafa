import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";

/**
 * Two buckets: `uploads` takes what people bring, `jobs` what attempts leave behind. Both are private and encrypted and
 * answer over TLS only; browsers and workers come with signed URLs.
 */
export class Storage extends Construct {
  readonly uploads: s3.Bucket;
  readonly jobs: s3.Bucket;

  constructor(scope: Construct, id: string, props: { deployment: Deployment }) {
    super(scope, id);
    const bucket = (name: string, browserMethods: s3.HttpMethods[]) =>
      privateBucket(this, name, props.deployment, {
        // Any origin may ask, for it is the signature in the URL that admits; no cookie is involved.
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
        ],
      });
    this.uploads = bucket("Uploads", [
      s3.HttpMethods.GET,
      s3.HttpMethods.HEAD,
      s3.HttpMethods.PUT,
      s3.HttpMethods.POST,
    ]);
    this.jobs = bucket("Jobs", [s3.HttpMethods.GET, s3.HttpMethods.HEAD]);
    // Answers that are too large for a Lambda wait there to be fetched at once.
    this.jobs.addLifecycleRule({ prefix: "answers/", expiration: Duration.days(1) });
  }

  get buckets(): s3.Bucket[] {
    return [this.uploads, this.jobs];
  }

  /**
   * Lets a principal do what the adapter over S3 does, and so sign URLs for it. Without the right to list, S3 would answer
   * 403 for an object that is not there.
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

  /**
   * Keeps programs behind an endpoint from uploading with a signed URL that their participant gave them: the only way
   * out for what they saw is what the platform collects.
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

/** A bucket that is private, encrypted and answers over TLS only, and goes with its stack in a trial. */
export function privateBucket(
  scope: Construct,
  id: string,
  { mode }: Deployment,
  options: Pick<s3.BucketProps, "cors" | "lifecycleRules"> = {},
): s3.Bucket {
  const trial = mode === "trial";
  return new s3.Bucket(scope, id, {
    ...options,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: trial ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    autoDeleteObjects: trial,
  });
}
