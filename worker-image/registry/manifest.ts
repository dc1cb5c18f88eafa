import { createHash } from "node:crypto";
import * as z from "zod";

/** Media types of OCI manifests, and of Docker's older ones (version 2, schema 2). */
const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const imageTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
export const manifestTypes = [...indexTypes, ...imageTypes];

/** The platform of ECS tasks. */
export const supportedPlatform = { os: "linux", architecture: "amd64" };

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export const isDigest = (text: string): boolean => digest.safeParse(text).success;
const descriptor = z.object({ digest, size: z.int().min(0) });
export type Descriptor = z.infer<typeof descriptor>;

/** Several images, each for one platform. Build systems also list attestations, which have no platform. */
export const indexSchema = z.object({
  manifests: z.array(
    descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});

/** One image: its configuration and its layers. */
export const imageSchema = z.object({ config: descriptor, layers: z.array(descriptor) });

export const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({ Entrypoint: z.array(z.string()).nullish(), User: z.string().nullish() }).nullish(),
});

/** A manifest with the exact bytes from its registry, from which the digest is computed. */
export interface Manifest {
  bytes: Buffer;
  mediaType: string;
  digest: string;
}

export const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Compressed size of an image with all its layers, in bytes. */
export const imageBytes = ({ config, layers }: z.infer<typeof imageSchema>): number =>
  layers.reduce((sum, { size }) => sum + size, config.size);

/** Parses JSON; null when it is invalid. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}
