import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, queueId } from "./names.ts";
import { listing, minute, show } from "./output.ts";

const path = "/api/account/hand-overs/";

interface Offer {
  id: string;
  kind: string;
  handed: string;
  name: string;
  from: string;
  to: string;
  expires_at: string;
}

/** The id of what a person names. Organizations are given by their ids. */
async function handedId(client: ApiClient, kind: string, word: string): Promise<number | string> {
  if (kind === "competition") return competitionId(client, word);
  if (kind === "queue") return queueId(client, word);
  if (kind === "organization") return word;
  throw new UsageError(`KIND must be competition, organization or queue, not "${kind}".`);
}

const handOver: Command = {
  parameters: ["KIND", "THING", "PERSON"],
  options: { "at-once": "flag", ...reasonOption },
  about:
    "Hand a competition, organization or queue of yours over to somebody, who must accept it.\nKIND is competition, organization or queue, THING its id or name (an organization's id), PERSON a username or mail address. You stay an organizer, a manager, or one who shares the queue. Administrators give things of others, and with --at-once without asking.",
  async run({ words: [kind, thing, to], flag, text, json }) {
    const client = await connect(text("reason"));
    const id = await handedId(client, kind!, thing!);
    const body = { kind, id, to, at_once: flag("at-once") };
    const made = await client.request<{ offer: Offer | null }>("POST", path, body);
    show(json, made, () =>
      made.offer === null
        ? `The ${kind} belongs to ${to} now.\n`
        : `The ${kind} is offered to ${made.offer.to} until ${minute(made.offer.expires_at)}. The offer has the id ${made.offer.id}.\n`,
    );
    return exitCodes.done;
  },
};

const handOvers: Command = {
  parameters: [],
  about: "List what you have offered to hand over, and what you are offered.",
  async run({ json }) {
    const offers = await (await connect()).request<Offer[]>("GET", path);
    show(json, offers, () =>
      listing(
        ["ID", "Kind", "Thing", "Name", "From", "To", "Ends"],
        offers.map(({ id, kind, handed, name, from, to, expires_at }) => [
          id,
          kind,
          handed,
          name,
          from,
          to,
          minute(expires_at),
        ]),
        "There are no offers.",
      ),
    );
    return exitCodes.done;
  },
};

const acceptHandOver: Command = {
  parameters: ["ID"],
  options: reasonOption,
  about: "Accept what you are offered. `hand-overs` lists the ids of offers.",
  async run({ words: [id], text, json }) {
    const client = await connect(text("reason"));
    const { kind, handed } = await client.request<Offer>("POST", `${path}${encodeURIComponent(id!)}/accept/`);
    show(json, { kind, handed }, () => `The ${kind} ${handed} is yours.\n`);
    return exitCodes.done;
  },
};

const declineHandOver: Command = {
  parameters: ["ID"],
  about: "Decline what you are offered, or withdraw what you have offered. `hand-overs` lists the ids.",
  async run({ words: [id], json }) {
    await (await connect()).request("DELETE", `${path}${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "The offer is gone.\n");
    return exitCodes.done;
  },
};

export const handOverCommands = {
  "hand-over": handOver,
  "hand-overs": handOvers,
  "accept-hand-over": acceptHandOver,
  "decline-hand-over": declineHandOver,
};
