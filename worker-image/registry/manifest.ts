import { createHash } from "node:crypto";
import * as z from "zod";

/** The forms of manifests: those of OCI, and Docker's own (version 2, schema 2) from before. */
const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const imageTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
export const manifestTypes = [...indexTypes, ...imageTypes];

/** What tasks run on. */
export const supportedPlatform = { os: "linux", architecture: "amd64" };

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export const isDigest = (text: string): boolean => digest.safeParse(text).success;
const descriptor = z.object({ digest, size: z.int().min(0) });
export type Descriptor = z.infer<typeof descriptor>;

/** Several images, each for a platform. Build systems put more into it than images, which have no platform of anybody's. */
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

/** A manifest exactly as its registry has it: its digest is that of these bytes. */
export interface Manifest {
  bytes: Buffer;
  mediaType: string;
  digest: string;
}

export const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Bytes of all that an image consists of, as they are stored: compressed. */
export const imageBytes = ({ config, layers }: z.infer<typeof imageSchema>): number =>
  layers.reduce((sum, { size }) => sum + size, config.size);

/** What some bytes say as JSON; null when they are none. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}
