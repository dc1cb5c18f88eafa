import type * as ec2 from "aws-cdk-lib/aws-ec2";
import type * as ecr from "aws-cdk-lib/aws-ecr";
import type * as ecs from "aws-cdk-lib/aws-ecs";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import type * as rds from "aws-cdk-lib/aws-rds";
import type * as s3 from "aws-cdk-lib/aws-s3";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type * as sns from "aws-cdk-lib/aws-sns";

/** What a platform has for the rest of your app. */
export interface Platform {
  /** The address of the platform in a browser, without a slash at the end. */
  readonly url: string;
  /** The address of the API for workers, without a slash at the end. */
  readonly apiUrl: string;
  /** The VPC of functions, workers and the database. */
  readonly vpc: ec2.IVpc;
  /** The cluster of workers and steps. */
  readonly cluster: ecs.ICluster;
  /** The database instance; undefined with `existingDatabase`. */
  readonly database: rds.IDatabaseInstance | undefined;
  /** The bucket of the files that people upload. */
  readonly uploads: s3.IBucket;
  /** The bucket of outputs and logs of jobs. */
  readonly jobs: s3.IBucket;
  /** The bucket for the files of the web application. */
  readonly appBucket: s3.IBucket;
  /** The repository with the copies of public images of competitions. */
  readonly imageRepository: ecr.IRepository;
  /** The secret with `username` and `password` of the first administrator. */
  readonly adminSecret: secretsmanager.ISecret;
  /** The function that makes an account an administrator again, when none can log in. */
  readonly recoverFunction: lambda.IFunction;
  /** The topic that alarms and the budget notify. */
  readonly alarmTopic: sns.ITopic;
  /** A sentence about the monthly budget of the account, which is known after the deploy. */
  readonly budget: string;
}
