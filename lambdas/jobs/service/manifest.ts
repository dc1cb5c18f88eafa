import { createHash } from "node:crypto";
import {
  artifacts,
  type ArchiveSource,
  type Job,
  type JobSpec,
  type Manifest,
  type ObjectRef,
  type SignedObject,
  type StepName,
  type EcsTaskLinks,
  type EcsTaskPlan,
  type UploadPolicy,
} from "../../../contract/job.ts";
import type { Objects } from "../../kernel/objects/objects.ts";

/** How long signed URLs stay valid after the longest possible run. */
const urlMarginSeconds = 3600;
/** How long after its job's longest possible run a worker may still write: an upload that begins last may take as long again. */
export const maxWriteSeconds = 2 * urlMarginSeconds;

/**
 * Writes the manifest of an attempt: the job, signed URLs of its input, and permission to upload its output. `tasks` is what a
 * worker needs that runs steps as ECS tasks.
 */
export async function writeManifest(
  objects: Objects,
  spec: JobSpec,
  attempt: Manifest["attempt"],
  lease: Pick<Manifest, "leaseSeconds" | "heartbeatSeconds">,
  tasks?: Pick<EcsTaskPlan, "launches" | "profiles">,
): Promise<Manifest> {
  const seconds = urlMarginSeconds + spec.steps.reduce((sum, step) => sum + step.timeLimitSeconds, 0);
  const [job, upload] = await Promise.all([
    signJob(objects, spec, seconds),
    objects.signPost(artifacts.prefix(attempt.id), {
      bucket: "jobs",
      seconds,
      maxBytes: Math.max(...spec.steps.map((step) => step.limits.outputBytes)),
    }),
  ]);
  const manifest: Manifest = { version: 1, attempt, ...lease, job, upload };
  if (tasks === undefined) return manifest;
  const links = await Promise.all(
    spec.steps.map(async ({ name }) => [name, await linkTask(objects, upload, name, seconds)] as const),
  );
  return { ...manifest, tasks: { links: Object.fromEntries(links), ...tasks } };
}

async function linkTask(
  objects: Objects,
  { keyPrefix, maxBytes }: UploadPolicy,
  step: StepName,
  seconds: number,
): Promise<EcsTaskLinks> {
  const get = (name: string) => objects.signGet({ bucket: "jobs", key: keyPrefix + name }, { seconds });
  // A program that takes control of one step's task still cannot write the output of another step.
  const upload = await objects.signPost(`${keyPrefix}${step}/`, { bucket: "jobs", seconds, maxBytes });
  const [order, renewal, state, messages, output] = await Promise.all(
    [
      artifacts.ecsTaskOrder(step),
      artifacts.ecsTaskRenewal(step),
      artifacts.ecsTaskState(step),
      artifacts.ecsTaskMessages(step),
      artifacts.output(step),
    ].map(get),
  );
  return {
    upload: { ...upload, keyPrefix },
    order: order!,
    renewal: renewal!,
    state: state!,
    messages: messages!,
    output: { url: output!, contentId: keyPrefix + artifacts.output(step) },
  };
}

async function signJob(objects: Objects, spec: JobSpec, seconds: number): Promise<Job<SignedObject>> {
  const sign = async (archive: ArchiveSource<ObjectRef>): Promise<ArchiveSource<SignedObject>> =>
    archive.from === "step"
      ? archive
      : {
          ...archive,
          object: {
            url: await objects.signGet(archive.object, { seconds }),
            // Objects are written once and never share keys, so the key identifies the content.
            contentId: createHash("sha256").update(`${archive.object.bucket}/${archive.object.key}`).digest("hex"),
          },
        };
  return {
    steps: await Promise.all(
      spec.steps.map(async (step) => ({
        ...step,
        folders: await Promise.all(
          step.folders.map(async (folder) => ({
            ...folder,
            contents: await Promise.all(
              folder.contents.map(async (content) => ({ ...content, archive: await sign(content.archive) })),
            ),
          })),
        ),
      })),
    ),
  };
}
