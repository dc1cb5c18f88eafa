import type { Objects } from "./objects.ts";

/** The origins of signed links to files, which browsers must be allowed to reach. */
export async function storageOrigins(objects: Pick<Objects, "signGet">): Promise<string[]> {
  const links = (["uploads", "jobs"] as const).map((bucket) =>
    objects.signGet({ bucket, key: "origin" }, { seconds: 60 }),
  );
  return [...new Set((await Promise.all(links)).map((link) => new URL(link).origin))];
}
