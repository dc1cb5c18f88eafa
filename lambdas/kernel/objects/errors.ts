import type { ObjectRef } from "../../../contract/job.ts";

/** There is no such object (or this process may not list the bucket and S3 will not tell). */
export class ObjectMissing extends Error {
  readonly code = "OBJECT_MISSING";
  readonly ref: ObjectRef;

  constructor(ref: ObjectRef) {
    super(`There is no object ${ref.key} in the ${ref.bucket} bucket.`);
    this.ref = ref;
  }
}

/** The object is larger than the caller was ready to hold in memory. */
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

/** The object is another one than it was when its ETag was taken. */
export class ObjectChanged extends Error {
  readonly code = "OBJECT_CHANGED";
  readonly ref: ObjectRef;

  constructor(ref: ObjectRef) {
    super(`The object ${ref.key} in the ${ref.bucket} bucket has been replaced.`);
    this.ref = ref;
  }
}
