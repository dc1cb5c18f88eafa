import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, show } from "./output.ts";

interface Profile {
  id: number;
  username: string;
  name: string;
  first_name: string | null;
  last_name: string | null;
  title: string | null;
  location: string | null;
  biography: string | null;
  personal_url: string | null;
  linkedin_url: string | null;
  twitter_url: string | null;
  github_url: string | null;
  photo: string | null;
  organized_competitions: { id: number; title: string }[];
  competitions: { id: number; title: string }[];
}

/** The options of texts, and the fields that they change. */
const texts = {
  "display-name": "display_name",
  "first-name": "first_name",
  "last-name": "last_name",
  title: "title",
  location: "location",
  biography: "biography",
  website: "personal_url",
  linkedin: "linkedin_url",
  twitter: "twitter_url",
  github: "github_url",
} as const;

async function profileOf(client: ApiClient, username?: string): Promise<Profile> {
  const name = username ?? (await client.request<{ username: string }>("GET", "/api/my_profile/")).username;
  return client.request<Profile>("GET", `/api/users/${encodeURIComponent(name)}/`);
}

const profile: Command = {
  parameters: ["[USERNAME]"],
  about:
    "Show what a person says about themselves, and their published competitions.\nWithout USERNAME, shows your own.",
  async run({ words: [username], json }) {
    const found = await profileOf(await connect(), username);
    const titles = (competitions: Profile["competitions"]) =>
      competitions.map(({ id, title }) => `${title} (${id})`).join(", ") || null;
    show(json, found, () =>
      listing(
        ["What", "Value"],
        [
          ["username", found.username],
          ["shown as", found.name],
          ["names", [found.title, found.first_name, found.last_name].filter(Boolean).join(" ") || null],
          ["location", found.location],
          ...[found.personal_url, found.linkedin_url, found.twitter_url, found.github_url].flatMap((url) =>
            url ? [["link", url]] : [],
          ),
          ["about", found.biography],
          ["organizes", titles(found.organized_competitions)],
          ["takes part in", titles(found.competitions)],
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

const changeProfile: Command = {
  parameters: [],
  options: {
    ...(Object.fromEntries(Object.keys(texts).map((option) => [option, "TEXT"])) as Record<keyof typeof texts, "TEXT">),
    photo: "FILE",
    "remove-photo": "flag",
  },
  about:
    "Change what anybody may read about you.\nAn empty TEXT removes it. --biography is Markdown. --photo is a JPEG, PNG or WebP picture, which becomes a square.",
  async run({ text, flag, json }) {
    const photo = text("photo");
    if (photo !== undefined && flag("remove-photo")) throw new UsageError("Give --photo or --remove-photo, not both.");
    const changes = Object.fromEntries(
      Object.entries(texts).flatMap(([option, field]) => {
        const value = text(option);
        return value === undefined ? [] : [[field, value === "" ? null : value]];
      }),
    );
    const picture =
      photo === undefined
        ? flag("remove-photo")
          ? { photo: null }
          : {}
        : { photo: { file_name: basename(photo), data: (await readFile(photo)).toString("base64") } };
    const body = { ...changes, ...picture };
    if (Object.keys(body).length === 0) throw new UsageError("Give at least one option.");
    const client = await connect();
    const { id, username } = await profileOf(client);
    await client.request("PATCH", `/api/users/${id}/`, body);
    show(json, await profileOf(client, username), () => "Your profile is changed.\n");
    return exitCodes.done;
  },
};

export const profileCommands = { profile, "change-profile": changeProfile };
