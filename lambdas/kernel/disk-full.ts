/** What Postgres, the embedded object store and the system say when they have no space: a code, or a status of HTTP. */
const codes = new Set(["53100", "ENOSPC", "EDQUOT"]);
const insufficientStorage = 507;

/** Whether an error, or its cause, says that the disk of a service is full. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return codes.has(String(code)) || $metadata?.httpStatusCode === insufficientStorage || isDiskFull(error.cause);
}
