import { digestOf, imageSchema, jsonOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { bareTag } from "./reference.ts";
import type { Repository } from "./repository.ts";

/**
 * Stores a copy of an image without its entry point beside the image, unless it is there. Only the configuration differs, so
 * this stores two small documents. Returns the digest of the copy.
 */
export async function putWithoutEntryPoint(digest: string, ours: Repository): Promise<string> {
  const tag = bareTag(digest);
  const known = await ours.find(tag);
  if (known) return known.digest;
  const { bytes, mediaType } = await ours.manifest(digest);
  const manifest = jsonOf(bytes) as { config: object };
  const config = jsonOf(await ours.document(imageSchema.parse(manifest).config)) as { config?: object };
  const bareConfig = Buffer.from(JSON.stringify({ ...config, config: { ...config.config, Entrypoint: null } }));
  const configDigest = digestOf(bareConfig);
  await ours.putBlob(configDigest, once(bareConfig));
  const bareBytes = Buffer.from(
    JSON.stringify({ ...manifest, config: { ...manifest.config, digest: configDigest, size: bareConfig.length } }),
  );
  const bare: Manifest = { bytes: bareBytes, mediaType, digest: digestOf(bareBytes) };
  await ours.putManifest(tag, bare);
  return bare.digest;
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
