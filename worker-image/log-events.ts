import type { LogEvent } from "../contract/log.ts";

/**
 * All events that workers log, and that their containers in ECS tasks log. Do not change names or fields, because searches use
 * them. docs/logs.md lists them, and a test compares the two.
 */
export const workerEvents = {
  "worker.ready": {
    level: "info",
    means: "A worker has started and listens to its queues.",
    fields: { worker: "text", launcher: "text", slots: "number", released: "number", queues: "number" },
  },
  "worker.unwell": {
    level: "error",
    means:
      "The worker's machine starts no programs, so the worker takes no jobs until it does. `error` is the engine's.",
    fields: { reason: "text", error: "error?" },
  },
  "worker.well": {
    level: "info",
    means: "The worker's machine starts programs again, so the worker takes jobs again.",
    fields: { seconds: "number" },
  },
  "worker.stopping": {
    level: "info",
    means: "A worker was told to stop. Attempts that run are finished, or given back at once.",
    fields: { atOnce: "flag" },
  },
  "worker.idle": {
    level: "info",
    means: "The worker ran nothing for as long as `BENCHSTACK_WORKER_IDLE_SECONDS` says, so it stops.",
    fields: { seconds: "number" },
  },
  "worker.stopped": { level: "info", means: "A worker has stopped as it was told.", fields: {} },
  "worker.refused": {
    level: "error",
    means: "The platform does not accept the worker's token any more, so the worker ends.",
    fields: { error: "error" },
  },
  "worker.failed": {
    level: "error",
    means: "The process ended because of an error.",
    fields: { command: "text", error: "error" },
  },
  "configuration.wrong": {
    level: "error",
    means: "The process ended because a setting is missing or wrong.",
    fields: { error: "error" },
  },
  "sandbox.chosen": {
    level: "warn",
    means:
      "The worker runs programs in the sandbox launcher. It is for trusted code only, ignores images, and uses what is installed on the machine. An error says why no container engine is used.",
    fields: { error: "error?" },
  },
  "question.unanswered": {
    level: "warn",
    means: "A question about the files of a running step was not answered, because the answer could not be stored.",
    fields: { error: "error" },
  },
  "stops.unknown": {
    level: "warn",
    means:
      "The worker could not ask what the platform wants of its attempts. It asks again, less often; heartbeats tell it which have to stop.",
    fields: { error: "error" },
  },
  "leftovers.removed": {
    level: "info",
    means: "The worker removed containers or tasks that its earlier life left running.",
    fields: { count: "number" },
  },
  "platform.unreachable": {
    level: "warn",
    means: "The platform did not answer a worker that starts. The worker tries again.",
    fields: { error: "error" },
  },
  "queues.unknown": {
    level: "warn",
    means: "The worker could not ask the platform which queues there are. It listens to the same ones and asks again.",
    fields: { error: "error" },
  },
  "queue.unreachable": {
    level: "warn",
    means: "The worker could not listen to a queue. It tries again.",
    fields: { queue: "text", error: "error" },
  },
  "credentials.unrenewed": {
    level: "warn",
    means: "The worker got no new credentials for its queue. The old ones are still valid.",
    fields: { error: "error" },
  },
  "claim.failed": {
    level: "warn",
    means: "The worker heard a doorbell and could not claim a job. The doorbell rings again.",
    fields: { queue: "text", status: "number?", error: "error" },
  },
  "doorbell.undeleted": {
    level: "warn",
    means: "The message of a doorbell could not be deleted. It rings again, which is harmless.",
    fields: { queue: "text", error: "error" },
  },
  "attempt.started": {
    level: "info",
    means: "The worker got a job, and begins or goes on with an attempt at it.",
    fields: { number: "number" },
  },
  "attempt.failed": {
    level: "info",
    means: "An attempt failed. `error` is the cause, if it was not the program.",
    fields: { failure: "text", failedStep: "text?", error: "error?" },
  },
  "attempt.reported": {
    level: "info",
    means: "The platform has the worker's final report of an attempt, and accepted it or not.",
    fields: { outcome: "text", accepted: "flag", seconds: "number" },
  },
  "attempt.superseded": {
    level: "info",
    means: "The platform took an attempt away from the worker, which stopped it and reports nothing.",
    fields: {},
  },
  "report.refused": {
    level: "error",
    means:
      "The platform does not accept the report of an attempt, so the worker sends one with less in it. `fault` is worker if the report breaks a rule, and platform if the platform failed.",
    fields: { status: "number", fault: "text", error: "error" },
  },
  "report.failed": {
    level: "error",
    means: "The worker could not hand in its report of an attempt. The lease of the attempt runs out.",
    fields: { error: "error" },
  },
  "heartbeat.failed": {
    level: "warn",
    means: "A heartbeat of an attempt did not reach the platform. The next one follows soon.",
    fields: { error: "error" },
  },
  "signatures.unrenewed": {
    level: "warn",
    means: "The signed URLs of an attempt could not be renewed. The worker tries again before they end, or soon after.",
    fields: { error: "error" },
  },
  "step.started": {
    level: "info",
    means: "The files of a step are fetched and its programs prepared.",
    fields: { image: "text" },
  },
  "step.ended": {
    level: "info",
    means: "The programs of a step have ended, and its output is packed.",
    fields: { failure: "text?", seconds: "number" },
  },
  "step.interrupted": {
    level: "info",
    means: "The task of a step was told to stop.",
    fields: {},
  },
  "step.failed": {
    level: "warn",
    means: "A step failed in its task for a reason that is not in the program.",
    fields: { failure: "text", error: "error" },
  },
  "output.trimmed": {
    level: "info",
    means: "Files of an output were left out, because their names cannot be in an archive.",
    fields: { count: "number" },
  },
  "progress.untold": {
    level: "warn",
    means: "The task of a step could not tell its worker how far it is.",
    fields: { error: "error" },
  },
  "image.imported": {
    level: "info",
    means: "An image was copied into the deployment's own repository.",
    fields: {
      image: "text",
      from: "text",
      pinned: "text",
      digest: "text",
      entryPoint: "texts",
      user: "text",
      architecture: "text",
      bytes: "number",
      seconds: "number",
    },
  },
  "image.stale": {
    level: "warn",
    means: "The registry of an image could not be asked, so the copy that was fetched last is used.",
    fields: { image: "text", digest: "text?", error: "error" },
  },
  "image.retried": {
    level: "warn",
    means: "Pulling an image failed and is tried again.",
    fields: { image: "text", error: "error" },
  },
  "image.removed": {
    level: "info",
    means:
      "The images that the worker pulled had more than their size, so it removed the one that was used least recently.",
    fields: { image: "text", bytes: "number" },
  },
  "image.kept": {
    level: "warn",
    means: "The worker could not tidy up its images. It tries again after the next attempt.",
    fields: { error: "error" },
  },
  "login.unread": {
    level: "warn",
    means: "The login that docker login stored for a registry could not be read, so the image is pulled without one.",
    fields: { registry: "text", error: "error" },
  },
  "registry.unasked": {
    level: "info",
    means:
      "The worker could not ask the registry of an image whether it has a public address, so the engine pulls the image without that check.",
    fields: { registry: "text", error: "error" },
  },
  "image.ignored": {
    level: "info",
    means: "The sandbox launcher runs a program without its image, with what is installed on the machine.",
    fields: { image: "text" },
  },
  "container.unkilled": {
    level: "warn",
    means: "A container could not be killed. Its attempt ends without it, and the worker tries to remove it.",
    fields: { container: "text", error: "error" },
  },
  "container.unremoved": {
    level: "error",
    means: "A container could not be removed. The worker goes on trying while it lives, and at its next start.",
    fields: { container: "text", error: "error" },
  },
  "output.interrupted": {
    level: "warn",
    means:
      "The container engine lost its connection to a program that goes on, for example because it was restarted. What the program printed meanwhile is missing. With an error, so is what it prints from now on.",
    fields: { container: "text", error: "error?" },
  },
  "networks.unavailable": {
    level: "warn",
    means: "Networks could not be made in advance, so containers without a network start more slowly.",
    fields: { error: "error" },
  },
  "cgroup.unremoved": {
    level: "warn",
    means: "A control group of the sandbox launcher could not be removed.",
    fields: { error: "error" },
  },
  "disk.low": {
    level: "warn",
    means: "Less than the reserve was left on a disk. The running step that occupied most was stopped.",
    fields: { bytes: "number", entries: "number" },
  },
  "folder.unremoved": {
    level: "error",
    means: "A work folder could not be removed, and takes disk space.",
    fields: { folder: "text", error: "error" },
  },
  "capacity.unshared": {
    level: "warn",
    means:
      "The platform could not be asked or told whether a capacity provider has capacity. The step goes on without.",
    fields: { error: "error" },
  },
  "capacity.missing": {
    level: "warn",
    means: "ECS had no capacity for a step, for which the worker asks again after a pause or at the fallback.",
    fields: { lacking: "text", tries: "number" },
  },
  "task.started": {
    level: "info",
    means:
      "ECS or AWS Batch accepted a step. The list price of an hour of its capacity is in millionths of a USD, where it is known.",
    fields: { task: "text", microsPerHour: "number?" },
  },
  "task.lost": {
    level: "warn",
    means: "A task ended without a result, for the reason that ECS gives. The step is launched again, or fails.",
    fields: { code: "text?", error: "error" },
  },
  "task.unstopped": {
    level: "warn",
    means: "A task could not be told to stop.",
    fields: { task: "text", error: "error" },
  },
  "tasks.unseen": {
    level: "warn",
    means: "ECS could not be asked what the worker's tasks do. The worker asks again.",
    fields: { error: "error" },
  },
  "tasks.unlisted": {
    level: "warn",
    means: "The worker could not look for tasks whose attempts are over. It looks again in a minute.",
    fields: { error: "error" },
  },
  "definitions.removed": {
    level: "info",
    means: "Task definitions that nobody used for a month were removed.",
    fields: { count: "number" },
  },
  "definitions.unlisted": {
    level: "warn",
    means: "The worker could not look for unused task definitions. It looks again in a day.",
    fields: { error: "error" },
  },
} as const satisfies Record<string, LogEvent>;
