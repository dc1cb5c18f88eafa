import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";

interface Invitation {
  id: string;
  email: string;
  created_when: string;
  expires_at: string;
}

const invite: Command = {
  parameters: ["MAIL"],
  options: reasonOption,
  about:
    "Invite the owner of a mail address to sign up, as an administrator.\nPrints the link of the invitation, which is mailed if the platform sends mail. It is shown only once.",
  async run({ words: [email], text, json }) {
    const client = await connect(text("reason"));
    const made = await client.request<Invitation & { link: string }>("POST", "/api/invitations/", { email });
    show(
      json,
      made,
      () => `${made.link}\nThe link is for ${email}, works once, and ends ${minute(made.expires_at)}.\n`,
    );
    return exitCodes.done;
  },
};

const invitations: Command = {
  parameters: [],
  about: "List the invitations to sign up that can still be used, as an administrator.",
  async run({ json }) {
    const found = await (await connect()).request<Invitation[]>("GET", "/api/invitations/");
    show(json, found, () =>
      listing(
        ["ID", "Mail", "Made", "Ends"],
        found.map((one) => [one.id, one.email, minute(one.created_when), minute(one.expires_at)]),
        "There are no invitations.",
      ),
    );
    return exitCodes.done;
  },
};

const withdrawInvitation: Command = {
  parameters: ["ID"],
  options: reasonOption,
  about: "Take an invitation to sign up back, as an administrator. `invitations` lists their ids.",
  async run({ words: [id], text, json }) {
    await (await connect(text("reason"))).request("DELETE", `/api/invitations/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "The invitation is taken back.\n");
    return exitCodes.done;
  },
};

export const invitationCommands = { invite, invitations, "withdraw-invitation": withdrawInvitation };
