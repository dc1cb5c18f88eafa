import { exitCodes, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, printCsv, show } from "./output.ts";
import { readableSize } from "../worker-image/failure.ts";

interface Inspection {
  finished_when: string | null;
  started_when: string;
  objects: number;
  bytes: number;
  orphans: number;
  orphan_bytes: number;
  missing: number;
  deletion_asked_when: string | null;
  deletion_finished_when: string | null;
  deleted: number;
  kept: number;
}

interface Used {
  datasets_bytes: number;
  submissions_bytes: number;
}

const sizes = ({ datasets_bytes: datasets, submissions_bytes: submissions }: Used) => [
  readableSize(datasets),
  readableSize(submissions),
  readableSize(datasets + submissions),
];

const adminStorage: Command = {
  parameters: ["[people|competitions]"],
  options: { search: "TEXT", csv: "flag" },
  about:
    "Show who stores how much, as an administrator: people, or competitions.\n" +
    "Submissions are submitted files, outputs and logs. --csv prints the weekly snapshots of the last four weeks as a table.",
  async run({ words: [of = "people"], text, flag, json }) {
    if (of !== "people" && of !== "competitions") throw new UsageError(`Give people or competitions, not "${of}".`);
    const client = await connect();
    if (flag("csv")) {
      const name = of === "people" ? "users" : "competitions";
      printCsv(await client.requestText("GET", `/api/analytics/${name}_usage/?format=csv`));
      return exitCodes.done;
    }
    const search = new URLSearchParams({ page_size: "100", ...(text("search") ? { search: text("search")! } : {}) });
    if (of === "people") {
      const found = await client.request<{ results: (Used & { username: string; quota_bytes: number })[] }>(
        "GET",
        `/api/storage/people/?${search}`,
      );
      show(json, found, () =>
        listing(
          ["User", "Datasets", "Submissions", "In all", "Quota"],
          found.results.map((one) => [one.username, ...sizes(one), readableSize(one.quota_bytes)]),
          "Nobody stores anything.",
        ),
      );
      return exitCodes.done;
    }
    const found = await client.request<{ results: (Used & { id: number; title: string; organizer: string })[] }>(
      "GET",
      "/api/storage/competitions/?page_size=100",
    );
    show(json, found, () =>
      listing(
        ["ID", "Competition", "Organizer", "Datasets", "Submissions", "In all"],
        found.results.map((one) => [one.id, one.title, one.organizer, ...sizes(one)]),
        "There are no competitions.",
      ),
    );
    return exitCodes.done;
  },
};

const inspectStorage: Command = {
  parameters: [],
  options: { now: "flag", ...reasonOption },
  about:
    "Show what the last inspection of the object store found, as an administrator: objects that nothing refers to, and missing files.\n" +
    "An inspection begins once a week. --now begins one, which goes on in the background.",
  async run({ text, flag, json }) {
    const client = await connect(text("reason"));
    if (flag("now")) await client.request("POST", "/api/storage/inspections/");
    const found = await client.request<{ finished: Inspection | null; running: Inspection | null }>(
      "GET",
      "/api/storage/inspections/",
    );
    show(json, found, () => {
      const { finished: last, running } = found;
      const goesOn = running ? `An inspection goes on: ${running.objects} objects so far.\n` : "";
      if (!last) return `The store has not been inspected yet.\n${goesOn}`;
      const deletion = !last.deletion_asked_when
        ? ""
        : `${last.deleted} orphans are deleted, ${last.kept} are in use by now and stay${last.deletion_finished_when ? "" : "; the deletion goes on"}.\n`;
      return (
        `Inspected ${minute(last.finished_when)}: ${last.objects} objects with ${readableSize(last.bytes)}.\n` +
        `${last.orphans} orphans, ${readableSize(last.orphan_bytes)} of them still there. ${last.missing} files are missing.\n${deletion}${goesOn}`
      );
    });
    return exitCodes.done;
  },
};

const listFindings: Command = {
  parameters: ["orphans|missing"],
  about: "List what the last inspection of the object store found, as an administrator.",
  async run({ words: [of], json }) {
    if (of !== "orphans" && of !== "missing") throw new UsageError(`Give orphans or missing, not "${of}".`);
    const kind = of === "orphans" ? "orphan" : "missing";
    const found = await (
      await connect()
    ).request<{ results: { bucket: string; key: string; bytes: number | null; modified_when: string | null }[] }>(
      "GET",
      `/api/storage/findings/?kind=${kind}&page_size=1000`,
    );
    show(json, found, () =>
      listing(
        ["Bucket", "Key", "Size", "Changed"],
        found.results.map(({ bucket, key, bytes, modified_when }) => [
          ...[bucket, key],
          bytes === null ? null : readableSize(bytes),
          minute(modified_when),
        ]),
        "The last inspection found none.",
      ),
    );
    return exitCodes.done;
  },
};

const deleteOrphans: Command = {
  parameters: [],
  options: reasonOption,
  about:
    "Delete the orphans that the last inspection of the object store found, as an administrator.\n" +
    "Each is looked up again first: what something refers to by now stays. The deletion goes on in the background.",
  question: () => "Delete the orphans of the last inspection?",
  async run({ text, json }) {
    const client = await connect(text("reason"));
    await client.request("DELETE", "/api/analytics/delete_orphan_files/");
    show(json, { deletion: "started" }, () => "The deletion goes on in the background.\n");
    return exitCodes.done;
  },
};

export const adminStorageCommands = {
  "admin storage": adminStorage,
  "admin inspect-storage": inspectStorage,
  "admin storage-findings": listFindings,
  "admin delete-orphans": deleteOrphans,
};
