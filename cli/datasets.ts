import { either, exitCodes, idOf, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, printJson, show } from "./output.ts";
import { placeIn, save } from "./save.ts";
import { upload } from "./upload.ts";
import { readableSize } from "../worker-image/failure.ts";

interface Dataset {
  id: number;
  key: string;
  name: string;
  type: string;
  created_by: string;
  created_when: string;
  description: string | null;
  license: string | null;
  file_size: number | null;
  file_name: string;
  is_public: boolean;
  downloads: number;
  is_verified: boolean;
  sha256: string | null;
}

const sizeOf = ({ file_size }: Pick<Dataset, "file_size">) => (file_size === null ? null : readableSize(file_size));
const pathOf = (word: string) => `/api/datasets/${idOf("ID", word)}/`;

const datasets: Command = {
  parameters: [],
  options: { mine: "flag", search: "TEXT", "most-downloaded": "flag", licensed: "flag", verified: "flag" },
  about:
    "List public datasets, the newest first, or with --mine the data and programs that you uploaded.\n--search looks in names and descriptions. --most-downloaded orders them. --licensed and --verified list only those that have a license, or that an administrator has looked at. At most 100 are listed.",
  async run({ flag, text, json }) {
    if (flag("mine") && (flag("most-downloaded") || flag("licensed") || flag("verified")))
      throw new UsageError("--mine goes with --search only.");
    const search: Record<string, string> = text("search") === undefined ? {} : { search: text("search")! };
    const query = new URLSearchParams(
      flag("mine")
        ? { _type: "dataset", page_size: "100", ...search }
        : {
            page_size: "100",
            ordering: flag("most-downloaded") ? "most_downloaded" : "recently_added",
            has_license: String(flag("licensed")),
            is_verified: String(flag("verified")),
            ...search,
          },
    );
    const { results } = await (
      await connect()
    ).request<{ results: Dataset[] }>("GET", `/api/datasets/${flag("mine") ? "" : "public/"}?${query}`);
    show(json, results, () =>
      listing(
        ["ID", "Name", "Type", "Size", "License", "By", "Since"],
        results.map((one) => [
          one.id,
          one.name,
          one.type,
          sizeOf(one),
          one.license,
          one.created_by,
          minute(one.created_when),
        ]),
        "No datasets were found.",
      ),
    );
    return exitCodes.done;
  },
};

const dataset: Command = {
  parameters: ["ID"],
  options: { croissant: "flag" },
  about:
    "Show a dataset.\n--croissant prints its metadata in Croissant, the format of MLCommons, which search engines and libraries read.",
  async run({ words: [id], flag, json }) {
    const client = await connect();
    if (flag("croissant")) {
      printJson(await client.request("GET", `${pathOf(id!)}croissant/`));
      return exitCodes.done;
    }
    const found = await client.request<Dataset>("GET", pathOf(id!));
    show(json, found, () =>
      listing(
        ["Field", "Value"],
        [
          ["Name", found.name],
          ["File", `${found.file_name} (${sizeOf(found) ?? "not uploaded"})`],
          ["By", found.created_by],
          ["Since", minute(found.created_when)],
          ["License", found.license ?? "none given"],
          ["Description", found.description],
          ["Public", found.is_public ? "yes" : "no"],
          ["Verified", found.is_verified ? "yes" : "no"],
          ["Downloads", found.downloads],
          ["SHA-256", found.sha256],
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

const described = { name: "NAME", description: "TEXT", license: "LICENSE" } as const;

const uploadDataset: Command = {
  parameters: ["FILE"],
  options: { ...described, public: "flag" },
  about:
    "Upload a file as data for others.\nOnly you see it, unless you give --public. --license says what others may do with it, for example CC-BY-4.0. Large files are uploaded in parts: when an upload was interrupted, the same command resumes it.",
  async run({ words: [file], text, flag, json }) {
    const client = await connect();
    const key = await upload(client, "public_data", file!);
    await client.request("PUT", `/api/datasets/completed/${key}/`);
    const found = await client.request<Dataset>("PATCH", `/api/datasets/${key}/`, {
      ...fieldsOf(text),
      ...(flag("public") ? { is_public: true } : {}),
    });
    show(json, found, () => `Dataset ${found.id}: ${client.url}/api/datasets/${found.id}/\n`);
    return exitCodes.done;
  },
};

/** The fields that options give. */
const fieldsOf = (text: (option: string) => string | undefined) =>
  Object.fromEntries(Object.keys(described).flatMap((name) => (text(name) === undefined ? [] : [[name, text(name)]])));

const datasetFromBundle: Command = {
  parameters: ["BUNDLE", "TYPE"],
  options: { ...described, public: "flag" },
  about:
    "Make a dataset from a worksheet bundle that you may read.\nBUNDLE is its whole uuid. TYPE is input_data, reference_data, scoring_program, ingestion_program, starting_kit or public_data. The platform copies the contents, which then count for your quota, and notes the bundle in the description. All but public_data must be a folder or a zip. Use the key that is printed in a competition's tasks.",
  async run({ words: [bundle, type], text, flag, json }) {
    const made = await (
      await connect()
    ).request<{ id: number; key: string }>("POST", "/api/datasets/from_worksheet_bundle/", {
      bundle,
      type,
      ...fieldsOf(text),
      is_public: flag("public"),
    });
    show(json, made, () => `Dataset ${made.id}, with the key ${made.key}\n`);
    return exitCodes.done;
  },
};

const changeDataset: Command = {
  parameters: ["ID"],
  options: { ...described, public: "flag", private: "flag", verified: "flag", unverified: "flag", ...reasonOption },
  about:
    "Change what is said of a dataset, and who sees it.\n--public shows it to everybody, --private to you alone. Administrators say with --verified and --unverified whether they have looked at it.",
  async run(all) {
    const { words, text, json } = all;
    const [is_public, is_verified] = [either(all, "public", "private"), either(all, "verified", "unverified")];
    const changes = {
      ...fieldsOf(text),
      ...(is_public === undefined ? {} : { is_public }),
      ...(is_verified === undefined ? {} : { is_verified }),
    };
    if (Object.keys(changes).length === 0) throw new UsageError("Say what to change.");
    const found = await (await connect(text("reason"))).request<Dataset>("PATCH", pathOf(words[0]!), changes);
    show(json, found, () => `Dataset ${found.id} is changed.\n`);
    return exitCodes.done;
  },
};

const downloadDataset: Command = {
  parameters: ["ID", "[FOLDER]"],
  about: "Download the file of a dataset into FOLDER, which is the current one by default.",
  async run({ words: [word, folder = "."], json }) {
    const client = await connect();
    const { id, file_name } = await client.request<Dataset>("GET", pathOf(word!));
    const file = await placeIn(folder, file_name);
    await save(client, await client.fileUrl(`id/${id}`), file);
    show(json, { files: [file] }, () => `${file}\n`);
    return exitCodes.done;
  },
};

const deleteDataset: Command = {
  parameters: ["ID"],
  options: reasonOption,
  about: "Delete a dataset that nothing uses, with its file.",
  question: ([id]) => `Delete dataset ${id} with its file?`,
  async run({ words: [id], text, json }) {
    await (await connect(text("reason"))).request("DELETE", pathOf(id!));
    show(json, { id: Number(id) }, () => `Dataset ${id} is deleted.\n`);
    return exitCodes.done;
  },
};

export const datasetCommands = {
  datasets,
  dataset,
  "upload-dataset": uploadDataset,
  "dataset-from-bundle": datasetFromBundle,
  "change-dataset": changeDataset,
  "download-dataset": downloadDataset,
  "delete-dataset": deleteDataset,
};
