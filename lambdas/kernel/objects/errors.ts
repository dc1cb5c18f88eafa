import type { ObjectRef } from "../../../contract/job.ts";

/** The object does not exist, or this process may not list the bucket, so that S3 does not say which. */
export class ObjectMissing extends Error {
  readonly code = "OBJECT_MISSING";
  readonly ref: ObjectRef;

  constructor(ref: ObjectRef) {
    super(`There is no object ${ref.key} in the ${ref.bucket} bucket.`);
    this.ref = ref;
  }
}

/** The object is larger than the caller's limit for memory. */
export class ObjectTooLarge extends Error {
  readonly code = "OBJECT_TOO_LARGE";
  readonly ref: ObjectRef;
  readonly maxBytes: number;

  constructor(ref: ObjectRef, maxBytes: number) {
    super(`The object ${ref.key} in the ${ref.bucket} bucket is larger than ${maxBytes} bytes.`);
    this.ref = ref;
    this.maxBytes = maxBytes;
  }
}

/** The object has changed since its ETag was read. */
export class ObjectChanged extends Error {
  readonly code = "OBJECT_CHANGED";
  readonly ref: ObjectRef;

  constructor(ref: ObjectRef) {
    super(`The object ${ref.key} in the ${ref.bucket} bucket has been replaced.`);
    this.ref = ref;
  }
}
