/** Whether the database refused to add a row to an account that is deleted (migration 0048). */
export const isOfDeletedAccount = (error: unknown): boolean =>
  error instanceof Error && (error as { code?: unknown }).code === "BSDEL";
