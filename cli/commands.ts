import type { Command } from "./command.ts";

type Commands = Record<string, Command>;

/** Commands of one module under one title. */
interface Module {
  title: string;
  names: string[];
  load: () => Promise<Commands>;
}

/** Checks that a module has the commands that are announced. */
const module = <Loaded extends Commands>(
  title: string,
  names: (keyof Loaded & string)[],
  load: () => Promise<Loaded>,
): Module => ({ title, names, load });

const modules: Module[] = [
  module("Without a platform", ["validate", "run"], async () => (await import("./bundles.ts")).bundleCommands),
  module(
    "Your account",
    ["signup", "login", "logout", "whoami"],
    async () => (await import("./account.ts")).accountCommands,
  ),
  module(
    "Your account",
    ["logins", "create-api-token", "end-login", "change-password"],
    async () => (await import("./logins.ts")).loginCommands,
  ),
  module("Your account", ["profile", "change-profile"], async () => (await import("./profile.ts")).profileCommands),
  module("Your account", ["second-factor"], async () => (await import("./second-factor.ts")).secondFactorCommands),
  module("Your account", ["passkeys", "remove-passkey"], async () => (await import("./passkeys.ts")).passkeyCommands),
  module(
    "Your account",
    ["export-account", "delete-account", "keep-account"],
    async () => (await import("./leaving.ts")).leavingCommands,
  ),
  module(
    "Your account",
    ["hand-over", "hand-overs", "accept-hand-over", "decline-hand-over"],
    async () => (await import("./hand-overs.ts")).handOverCommands,
  ),
  module(
    "Administration",
    ["invite", "invitations", "withdraw-invitation"],
    async () => (await import("./invitations.ts")).invitationCommands,
  ),
  module("Your account", ["storage", "clean-up"], async () => (await import("./storage.ts")).storageCommands),
  module(
    "Administration",
    ["admin storage", "admin inspect-storage", "admin storage-findings", "admin delete-orphans"],
    async () => (await import("./admin-storage.ts")).adminStorageCommands,
  ),
  module(
    "Administration",
    [
      ...(["admin competitions", "admin moderate", "admin queues", "admin submissions"] as const),
      ...(["admin analytics", "admin export"] as const),
    ],
    async () => (await import("./admin-platform.ts")).adminPlatformCommands,
  ),
  module(
    "Administration",
    [
      ...(["admin announce", "admin announcements", "admin delete-announcement", "admin news"] as const),
      ...(["admin publish-news", "admin delete-news", "admin maintenance", "admin mails", "admin retry-mail"] as const),
    ],
    async () => (await import("./admin-notices.ts")).adminNoticeCommands,
  ),
  module(
    "Administration",
    [
      ...([
        "admin users list",
        "admin users show",
        "admin users change",
        "admin users ban",
        "admin users unban",
      ] as const),
      ...(["admin users reset", "admin users log-out", "admin users remove-second-factor"] as const),
    ],
    async () => (await import("./admin-users.ts")).adminUserCommands,
  ),
  module(
    "Competitions",
    ["competitions", "competition", "pages", "terms", "register", "leave", "leaderboard"],
    async () => (await import("./competitions.ts")).competitionCommands,
  ),
  module(
    "Competitions",
    ["before-submitting", "score-history"],
    async () => (await import("./phase-facts.ts")).phaseFactCommands,
  ),
  module(
    "Submissions",
    ["submit", "submissions", "cancel", "rerun", "rank", "unrank", "delete"],
    async () => (await import("./submissions.ts")).submissionCommands,
  ),
  module("Submissions", ["follow", "logs"], async () => (await import("./follow.ts")).followCommands),
  module("Submissions", ["download", "download-data"], async () => (await import("./downloads.ts")).downloadCommands),
  module("Your account", ["notifications"], async () => (await import("./notifications.ts")).notificationCommands),
  module("Competitions", ["forum"], async () => (await import("./forum.ts")).forumCommands),
  module(
    "Organizing",
    ["create", "dump", "publish", "unpublish", "change-competition", "delete-competition", "today"],
    async () => (await import("./organizing.ts")).organizingCommands,
  ),
  module(
    "Organizing",
    ["participants", "approve", "deny", "mail-participants"],
    async () => (await import("./participants.ts")).participantCommands,
  ),
  module(
    "Organizing",
    ["change-phase", "migrate", "grants", "grant", "take-back", "blind", "unblind", "rerun-phase"],
    async () => (await import("./phases.ts")).phaseCommands,
  ),
  module("Organizing", ["audit"], async () => (await import("./audit.ts")).auditCommands),
  module(
    "Queues and workers",
    ["queues", "create-queue", "change-queue", "delete-queue"],
    async () => (await import("./queues.ts")).queueCommands,
  ),
  module(
    "Datasets",
    [
      ...(["datasets", "dataset", "upload-dataset", "dataset-from-bundle"] as const),
      ...(["change-dataset", "download-dataset", "delete-dataset"] as const),
    ],
    async () => (await import("./datasets.ts")).datasetCommands,
  ),
  module(
    "Worksheets",
    ["canary", "import-worksheets"],
    async () => (await import("./worksheets.ts")).worksheetCommands,
  ),
  module("Money", ["budget", "invoice", "worst-case"], async () => (await import("./costs.ts")).costCommands),
  module(
    "Queues and workers",
    ["capacity-offer", "capacity", "request-capacity", "approve-capacity", "refuse-capacity", "stop-capacity"],
    async () => (await import("./capacity.ts")).capacityCommands,
  ),
  module(
    "Queues and workers",
    ["workers", "tokens", "create-token", "revoke-token"],
    async () => (await import("./workers.ts")).workerCommands,
  ),
  module(
    "Queues and workers",
    ["quarantine", "replay", "drop"],
    async () => (await import("./quarantine.ts")).quarantineCommands,
  ),
];

/** Loads the commands by title: only the module of `name`, so that it starts quickly, or all if no module has it. */
export async function loadCommands(name: string | undefined): Promise<[title: string, Commands][]> {
  const wanted = modules.filter(({ names }) => name !== undefined && names.some((one) => one.split(" ")[0] === name));
  return Promise.all(
    (wanted.length > 0 ? wanted : modules).map(async ({ title, load }): Promise<[string, Commands]> => [
      title,
      await load(),
    ]),
  );
}
