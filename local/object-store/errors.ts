/** A refusal in S3's format: HTTP status, code for clients, and message for people. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const accessDenied = (message: string) => new S3Error(403, "AccessDenied", message);
export const invalidArgument = (message: string) => new S3Error(400, "InvalidArgument", message);
export const missingLength = () =>
  new S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
export const notImplemented = (what: string) =>
  new S3Error(501, "NotImplemented", `This object store does not support ${what}.`);

/** Converts file system errors to refusals. Returns all other errors unchanged. */
export function fromFileSystem(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENAMETOOLONG") return new S3Error(400, "KeyTooLongError", "The key is too long.");
  if (code === "ENOSPC" || code === "EDQUOT")
    return new S3Error(507, "InsufficientStorage", "The disk that holds the objects is full.");
  return error;
}
