/** Uploads of the contents of worksheet bundles. */
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { UserActor } from "../../../policy/policy.ts";
import { findBundles, type Bundle } from "../../db/bundles.ts";
import { recordEnd, type NewContents } from "../../db/contents.ts";
import { isFinal, type BundleState } from "../../rules/bundle.ts";
import type { Metadata } from "../../rules/metadata.ts";
import { requireNotFrozen } from "../change-bundles.ts";
import { requirePermission } from "../read-bundles.ts";
import { startBundles } from "../start-bundles.ts";
import { endBundle } from "./end.ts";
import { storeContents, type Source } from "./store.ts";

export interface Upload {
  /** The name of the file, which says whether it is an archive. Null: nothing is uploaded. */
  fileName: string | null;
  unpack: boolean;
  /** Where the platform fetches the file instead. */
  url: string | null;
  git: boolean;
  /** The state after a success. Null: it stays. */
  stateOnSuccess: BundleState | null;
  /** Whether a failure that is not the uploader's fault ends the bundle as well. */
  failsForGood: boolean;
}

const maxFailureLength = 10_000;

/** Opens a file at a public address. */
export type OpenUrl = (url: string) => Promise<AsyncIterable<Buffer>>;

/** A bundle whose contents somebody may upload. */
export async function uploadableBundle({ db }: Context, actor: UserActor, uuid: string): Promise<Bundle> {
  const [bundle] = await findBundles(db, actor.id, [uuid]);
  requirePermission(actor, bundle ? [bundle] : [], [uuid], 2);
  if (isFinal(bundle!.state))
    throw new Refusal("forbidden", "FINAL", "Contents cannot be modified, bundle already finalized.");
  requireNotFrozen(bundle!);
  return bundle!;
}

/** Stores the contents of a bundle, and ends the bundle as the uploader wants it. */
export async function uploadContents(
  context: Context,
  bundle: Bundle,
  upload: Upload,
  body: AsyncIterable<Buffer>,
  openUrl: OpenUrl,
): Promise<void> {
  try {
    const source = await sourceOf(bundle, upload, body, openUrl);
    const keep = (contents: NewContents | null) =>
      endBundle(context, bundle, { contents, state: upload.stateOnSuccess, metadata: {} });
    if (source) await storeContents(context, bundle, source, keep);
    else await keep(null);
  } catch (error) {
    const refusal = asUploadRefusal(error);
    const state = refusal !== undefined || upload.failsForGood ? "failed" : null;
    const failure_message =
      refusal?.message ??
      "Upload failed: the upload was interrupted, or the platform could not store it. Upload it again.";
    await transact(context, (tx) =>
      recordEnd(tx, bundle.id, { contents: null, state, metadata: { failure_message } }).then(
        () => state && startBundles(tx, context, [bundle.uuid]),
      ),
    );
    throw refusal ?? error;
  }
}

/** Ends a bundle whose upload somebody else saw to: ready with what it has, or failed with a reason. */
export async function endUploadByHand(context: Context, bundle: Bundle, failure: string | null): Promise<void> {
  if (bundle.state !== "uploading")
    throw new Refusal(
      "invalid",
      "NOT_UPLOADING",
      `Bundle ${bundle.uuid} waits for no upload: its state is ${bundle.state}.`,
    );
  const state = failure === null ? "ready" : "failed";
  const metadata: Metadata = failure === null ? {} : { failure_message: failure.slice(0, maxFailureLength) };
  await endBundle(context, bundle, { contents: null, state, metadata });
}

/** What was uploaded cannot be kept, and why. */
function asUploadRefusal(error: unknown): Refusal | undefined {
  if (error instanceof UnusableArchive)
    return new Refusal("invalid", "BAD_ARCHIVE", `Upload failed: The archive ${error.message}.`);
  if (error instanceof Refusal && error.kind === "invalid")
    return new Refusal("invalid", error.code, `Upload failed: ${error.message}`);
  return undefined;
}

async function sourceOf(
  { metadata }: Bundle,
  { fileName, unpack, url, git }: Upload,
  body: AsyncIterable<Buffer>,
  openUrl: OpenUrl,
): Promise<Source | null> {
  // What a link shows stays where it is.
  if (metadata["link_url"]) return null;
  if (git)
    throw new Refusal(
      "invalid",
      "NO_GIT",
      "The platform does not clone git repositories. Clone it yourself, and upload the folder.",
    );
  if (url !== null) return { kind: "file", name: nameInUrl(url), unpack, bytes: await openUrl(url) };
  return fileName === null ? null : { kind: "file", name: fileName, unpack, bytes: body };
}

const nameInUrl = (url: string) => url.split(/[?#]/, 1)[0]!.replace(/\/+$/, "").split("/").at(-1)!;
