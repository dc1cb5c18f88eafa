/** Makes images without an engine and pushes them to registries. */
import { createHash, randomBytes } from "node:crypto";

export const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const ofOci = (kind: string) => `application/vnd.oci.image.${kind}+json`;

export interface MadeImage {
  layers: Buffer[];
  config: Buffer;
  manifest: Buffer;
  digest: string;
}

export interface ImageParts {
  layers?: Buffer[];
  architecture?: string;
  entryPoint?: string[];
  user?: string;
}

/** Makes a valid image without an engine. Its layers are not archives, but registries do not check that. */
export function makeImage({
  layers = [randomBytes(300_000), randomBytes(70_000)],
  architecture = "amd64",
  entryPoint,
  user,
}: ImageParts = {}): MadeImage {
  const described = (mediaType: string) => (bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const config = Buffer.from(
    JSON.stringify({
      os: "linux",
      architecture,
      config: { Entrypoint: entryPoint, User: user },
      rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ofOci("manifest.v1"),
      config: described(ofOci("config.v1"))(config),
      layers: layers.map(described("application/vnd.oci.image.layer.v1.tar+gzip")),
    }),
  );
  return { layers, config, manifest, digest: digestOf(manifest) };
}

/** Pushes an image to a registry without login. */
export async function pushImage(
  host: string,
  path: string,
  tag: string,
  { layers, config, manifest }: MadeImage,
): Promise<void> {
  for (const blob of [...layers, config]) {
    const { headers } = await sent(`http://${host}/v2/${path}/blobs/uploads/`, { method: "POST" });
    const place = new URL(headers.get("location") ?? "");
    place.searchParams.set("digest", digestOf(blob));
    await sent(place.href, {
      method: "PUT",
      body: new Uint8Array(blob),
      headers: { "content-type": "application/octet-stream" },
    });
  }
  await pushManifest(host, path, tag, manifest, ofOci("manifest.v1"));
}

/** Pushes an index of existing images under a tag and returns its digest. */
export async function pushIndex(
  host: string,
  path: string,
  tag: string,
  images: [architecture: string, image: MadeImage][],
): Promise<string> {
  const manifests = images.map(([architecture, { manifest, digest }]) => ({
    mediaType: ofOci("manifest.v1"),
    digest,
    size: manifest.length,
    platform: { os: "linux", architecture },
  }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ofOci("index.v1"), manifests }));
  await pushManifest(host, path, tag, index, ofOci("index.v1"));
  return digestOf(index);
}

async function pushManifest(host: string, path: string, tag: string, manifest: Buffer, type: string): Promise<void> {
  await sent(`http://${host}/v2/${path}/manifests/${tag}`, {
    method: "PUT",
    body: new Uint8Array(manifest),
    headers: { "content-type": type },
  });
}

async function sent(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${init.method} ${url} was answered ${response.status}: ${await response.text()}`);
  return response;
}
