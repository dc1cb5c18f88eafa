import { ListBucketsCommand, PutBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import type { Emulator } from "./emulator.ts";

/** The buckets of an emulator's account. */
export class Buckets {
  readonly #client: S3Client;

  constructor({ url, environment }: Emulator) {
    const credentials = {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    };
    this.#client = new S3Client({ endpoint: url, region: environment.AWS_REGION!, credentials, forcePathStyle: true });
  }

  /** Names of the buckets of a stack. */
  async of(stack: string): Promise<string[]> {
    const { Buckets = [] } = await this.#client.send(new ListBucketsCommand({}));
    return Buckets.flatMap(({ Name = "" }) => (Name.startsWith(`${stack.toLowerCase()}-`) ? Name : []));
  }

  /** Gives a stack's buckets the tag of a trial's, as the template does: the emulator makes buckets without their tags. */
  async tag(stack: string): Promise<void> {
    const Tagging = { TagSet: [{ Key: "aws-cdk:auto-delete-objects", Value: "true" }] };
    for (const Bucket of await this.of(stack))
      await this.#client.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
  }
}
