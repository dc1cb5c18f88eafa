import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type DeleteMarkerEntry,
  DeleteObjectCommand,
  HeadObjectCommand,
  type CompletedPart,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { repairOf, type Repair, type Version } from "./history.ts";

/** S3 copies no larger object in one request. */
const maxCopyBytes = 5 * 2 ** 30;
const partBytes = 2 ** 30;

/** What became of a bucket. */
export interface Restored {
  objects: number;
  undeleted: number;
  copied: number;
}

/** Makes the objects of a bucket as they were at a moment. With `onlyLook`, it says what it would do. Safe to repeat. */
export async function restoreObjects(
  client: S3Client,
  bucket: string,
  at: Date,
  { onlyLook }: { onlyLook: boolean },
): Promise<Restored> {
  const done: Restored = { objects: 0, undeleted: 0, copied: 0 };
  for await (const versions of histories(client, bucket)) {
    done.objects++;
    const repair = repairOf(versions, at);
    if (!repair) continue;
    if (repair.do === "undelete") done.undeleted++;
    else done.copied++;
    if (!onlyLook) await carryOut(client, bucket, repair);
  }
  return done;
}

/** The versions of each object, newest first. */
async function* histories(client: S3Client, Bucket: string): AsyncGenerator<Version[]> {
  let versions: Version[] = [];
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket, ...next }));
    // S3 lists both by key, and for one key from the newest on. Of one second, it does not say which was first.
    const onPage = [
      ...(page.Versions ?? []).map((one) => listed(one, { isDeletion: false, size: one.Size ?? 0 })),
      ...(page.DeleteMarkers ?? []).map((one) => listed(one, { isDeletion: true, size: 0 })),
    ];
    const byKey = Map.groupBy(onPage, ({ key }) => key);
    for (const [key, found] of [...byKey].sort(([one], [other]) =>
      Buffer.compare(Buffer.from(one), Buffer.from(other)),
    )) {
      if (versions.length > 0 && versions[0]!.key !== key) {
        yield versions;
        versions = [];
      }
      versions.push(
        ...found.sort((a, b) => Number(b.isLatest) - Number(a.isLatest) || Number(b.modified) - Number(a.modified)),
      );
    }
    next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  if (versions.length > 0) yield versions;
}

/** A version, or a marker, as S3 lists it. */
const listed = (
  { Key = "", VersionId = "null", LastModified = new Date(0), IsLatest = false }: DeleteMarkerEntry,
  kind: { isDeletion: boolean; size: number },
): Version & { isLatest: boolean } => ({
  ...{ key: Key, id: VersionId, modified: LastModified, isLatest: IsLatest },
  ...kind,
});

async function carryOut(client: S3Client, Bucket: string, repair: Repair): Promise<void> {
  const Key = repair.key;
  if (repair.do === "undelete") {
    for (const VersionId of repair.markers) await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    return;
  }
  const VersionId = repair.version;
  const CopySource = `${Bucket}/${Key.split("/").map(encodeURIComponent).join("/")}?versionId=${VersionId}`;
  if (repair.size <= maxCopyBytes) {
    await client.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
    return;
  }
  const { ContentType } = await client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType }));
  const Parts: CompletedPart[] = [];
  for (let start = 0; start < repair.size; start += partBytes) {
    const PartNumber = Parts.length + 1;
    const CopySourceRange = `bytes=${start}-${Math.min(start + partBytes, repair.size) - 1}`;
    const part = new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, CopySource, CopySourceRange });
    Parts.push({ PartNumber, ETag: (await client.send(part)).CopyPartResult?.ETag });
  }
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
}
