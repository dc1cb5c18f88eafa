import type { LogEvent } from "../../contract/log.ts";

/**
 * All events that the platform logs, on AWS and on one machine. Do not change names or fields, because searches and alarms use
 * them. docs/logs.md lists them, and a test compares the two.
 */
export const platformEvents = {
  "request.answered": {
    level: "info",
    means: "The API answered a request. Requests of workers are only logged when they were refused.",
    fields: {
      method: "text",
      route: "text?",
      status: "number",
      code: "text?",
      ms: "number",
      actor: "text?",
      actorId: "number?",
    },
  },
  "request.failed": {
    level: "error",
    means: "A request ended with an error of the platform's own and was answered with 500.",
    fields: { method: "text", route: "text?", error: "error" },
  },
  "gateway.started": {
    level: "info",
    means: "The gateway for the contents of worksheet bundles accepts requests.",
    fields: { port: "number" },
  },
  "gateway.stopping": {
    level: "info",
    means: "The gateway was told to stop. It ends when the uploads and downloads that it has begun have ended.",
    fields: {},
  },
  "request.unavailable": {
    level: "warn",
    means: "A request was answered with 503, because the database, the object store or a message queue did not work.",
    fields: { method: "text", route: "text?", error: "error" },
  },
  "canary.succeeded": {
    level: "info",
    means: "The canary of worksheets did what people do.",
    fields: { seconds: "number" },
  },
  "canary.failed": {
    level: "error",
    means: "The canary of worksheets could not do one of its steps. The reason is the platform's answer.",
    fields: { step: "text", reason: "text" },
  },
  "identity.untold": {
    level: "warn",
    means: "An identity provider did not tell who somebody is. The reason has codes only.",
    fields: { provider: "text", reason: "text" },
  },
  "submission.accepted": {
    level: "info",
    means: "A submission was stored; it has jobs unless an organizer has to start it.",
    fields: { submission: "number", phase: "number", participant: "number" },
  },
  "submission.copied": {
    level: "info",
    means:
      "A submission was stored as the copy of another one, because the original is rerun or migrated to another phase.",
    fields: { submission: "number", original: "number", phase: "number" },
  },
  "submission.cancelled": {
    level: "info",
    means: "Somebody cancelled a submission. Jobs that run are told to stop.",
    fields: { submission: "number", jobs: "texts" },
  },
  "submission.judged": {
    level: "info",
    means: "The scores that a successful run left were read and judged. They are stored when the attempt ends.",
    fields: { submission: "number?", scores: "number", failure: "text?" },
  },
  "job.created": {
    level: "info",
    means: "A job was made for a submission, and waits in its queue.",
    fields: { submission: "number", queue: "text" },
  },
  "job.returned": {
    level: "info",
    means: "A job waits in its queue again, because an attempt at it ended by no fault of the job.",
    fields: { delaySeconds: "number" },
  },
  "job.handed-over": {
    level: "info",
    means: "A job waits for another worker, which goes on with the same attempt.",
    fields: {},
  },
  "job.quarantined": {
    level: "warn",
    means: "A job failed for good by a fault of the platform or its workers. The owner of its queue may replay it.",
    fields: { failure: "text" },
  },
  "job.replayed": {
    level: "info",
    means: "The owner of a queue had a quarantined job run again.",
    fields: { queue: "text" },
  },
  "job.dropped": {
    level: "info",
    means: "The owner of a queue took a job out of quarantine, and it stays failed.",
    fields: { queue: "text" },
  },
  "attempt.claimed": {
    level: "info",
    means: "A worker took a job from its queue: a new attempt at it began, or one goes on.",
    fields: { number: "number", queue: "text", worker: "text", host: "text", launcher: "text" },
  },
  "attempt.ended": {
    level: "info",
    means: "An attempt is over, and what it left is stored.",
    fields: { outcome: "text", failure: "text?" },
  },
  "doorbell.sent": {
    level: "info",
    means: "Workers of a queue were told that jobs wait.",
    fields: { queue: "text", count: "number" },
  },
  "doorbell.unheard": {
    level: "warn",
    means: "Doorbells were dropped, because their queues do not exist any more.",
    fields: { queues: "texts" },
  },
  "counts.corrected": {
    level: "warn",
    means:
      "Stored numbers of submissions or participants were wrong, and are right again. Something has changed rows without the triggers of the database.",
    fields: { count: "number" },
  },
  "outbox.unsent": {
    level: "warn",
    means: "Messages could not be sent after a transaction. The sweeper sends them within a minute.",
    fields: { count: "number", error: "error" },
  },
  "message.failed": {
    level: "error",
    means: "The work that a message of the control queue asks for failed. The message comes again.",
    fields: { messageId: "text", error: "error" },
  },
  "import.ended": {
    level: "info",
    means: "A competition bundle became a competition, or was refused.",
    fields: { creation: "number", outcome: "text" },
  },
  "import.unpostponed": {
    level: "warn",
    means: "An import failed and could not be put off. It is tried again when its lease has run out.",
    fields: { creation: "number", error: "error" },
  },
  "dump.ended": {
    level: "info",
    means: "A dump of a competition was made, or failed for good.",
    fields: { dump: "number", outcome: "text" },
  },
  "dump.unpostponed": {
    level: "warn",
    means: "A dump failed and could not be put off. It is tried again when its lease has run out.",
    fields: { dump: "number", error: "error" },
  },
  "export.ended": {
    level: "info",
    means: "An export of somebody's data was made, or failed for good.",
    fields: { export: "number", outcome: "text" },
  },
  "account.erased": {
    level: "info",
    means: "A deleted account and what nobody else depends on were erased.",
    fields: { user: "number" },
  },
  "account.kept": {
    level: "warn",
    means:
      "An account could not be erased when its time had come, because others depend on what it owns. It is tried again in a week.",
    fields: { user: "number", obstacles: "number" },
  },
  "rerun.skipped": {
    level: "warn",
    means: "Submissions were not run again with their phase, because a task or file of theirs was deleted.",
    fields: { submissions: "numbers" },
  },
  "migration.failed": {
    level: "error",
    means: "Submissions could not be migrated to a phase that has started. The next sweep tries again.",
    fields: { phase: "number", error: "error" },
  },
  "cleanup.failed": {
    level: "error",
    means: "Files of submissions that a phase does not keep could not be deleted. The next sweep tries again.",
    fields: { phase: "number", error: "error" },
  },
  "budget.reached": {
    level: "warn",
    means: "A share of a monthly budget is spent. The person who set it gets a mail; at 100 per cent its jobs stop.",
    fields: { scope: "text", key: "text", percent: "number" },
  },
  "capacity.changed": {
    level: "info",
    means: "The state of a request for hosts changed without a person: AWS made or removed them, or nobody used them.",
    fields: { request: "text", state: "text", problem: "text?" },
  },
  "hosts.failed": {
    level: "error",
    means: "The capacity provider of a request could not be made, changed or removed. It is tried again in a minute.",
    fields: { request: "text", error: "error" },
  },
  "sweep.failed": {
    level: "error",
    means: "One part of a sweep failed. The next sweep does it again.",
    fields: { part: "text", error: "error" },
  },
  "task.stopped": {
    level: "info",
    means: "ECS reported that the ECS task of a step stopped, and why.",
    fields: { task: "text", code: "text?" },
  },
  "task.unknown": {
    level: "warn",
    means: "ECS reported a stopped ECS task that looks like one of a step, but has no launch in the database.",
    fields: { task: "text", startedBy: "text" },
  },
  "credentials.failed": {
    level: "error",
    means: "A worker asked for credentials for its queue and got none, because AWS or the function inside failed.",
    fields: { error: "error" },
  },
  "mail.failed": {
    level: "error",
    means: "A mail could not be sent. Its message comes again until its queue gives it up.",
    fields: { messageId: "text", error: "error" },
  },
  "mail.unrecorded": {
    level: "error",
    means: "A mail was sent, but that could not be stored.",
    fields: { mail: "text", error: "error" },
  },
  "database.updated": {
    level: "info",
    means:
      "A deploy brought the database up to date. After a rollback, `newer` are the migrations of the later release, which stay.",
    fields: { migrations: "texts", newer: "texts" },
  },
  "administrator.recovered": {
    level: "warn",
    means: "Somebody who runs the platform made an account an administrator again.",
    fields: { username: "text" },
  },
  "budget.failed": {
    level: "warn",
    means: "AWS refused to create, change or remove the budget of a deployment, which goes on without it.",
    fields: { error: "error" },
  },
  "deployment.failed": {
    level: "error",
    means: "The database could not be updated, or its remains could not be removed, and CloudFormation was told so.",
    fields: { error: "error" },
  },
  "removal.failed": {
    level: "error",
    means: "Something that a deployment made by itself could not be removed with its stack.",
    fields: { what: "text", error: "error" },
  },
  "log.dropped": {
    level: "warn",
    means:
      "So many lines before this one could not be written, because the disk was full. Only a platform on one machine has it.",
    fields: { count: "number" },
  },
  "database.failed": {
    level: "error",
    means:
      "The embedded Postgres ended or could not be started. It is started again. Only a platform on one machine has it.",
    fields: { error: "error" },
  },
  "backup.failed": {
    level: "error",
    means: "The database could not be copied for a backup, which was told so. Only a platform on one machine has it.",
    fields: { error: "error" },
  },
  "worker.unstarted": {
    level: "error",
    means: "The worker process could not be started. It is tried again. Only a platform on one machine has it.",
    fields: { error: "error" },
  },
  "server.failed": {
    level: "error",
    means:
      "A server could not accept a connection, for instance because too many files are open. It goes on. Only a platform on one machine has it.",
    fields: { error: "error" },
  },
  "store.failed": {
    level: "error",
    means: "The embedded object store failed at a request. Only a platform on one machine has it.",
    fields: { error: "error" },
  },
  "store.damaged": {
    level: "error",
    means: "A file of the embedded object store is damaged and treated as missing.",
    fields: { path: "text" },
  },
} as const satisfies Record<string, LogEvent>;
