import { exitCodes, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { passwordAndCode } from "./second-factor.ts";

interface Passkey {
  id: string;
  name: string;
  created_when: string;
  last_used: string | null;
}

const path = "/api/account/passkeys/";

const passkeys: Command = {
  parameters: [],
  about: "List your passkeys, the last used first. A page in a browser makes them.",
  async run({ json }) {
    const found = await (await connect()).request<Passkey[]>("GET", path);
    show(json, found, () =>
      listing(
        ["ID", "Name", "Made", "Last used"],
        found.map((one) => [one.id, one.name, minute(one.created_when), minute(one.last_used)]),
        "You have no passkeys.",
      ),
    );
    return exitCodes.done;
  },
};

const removePasskey: Command = {
  parameters: ["ID"],
  about:
    "Remove one of your passkeys. `passkeys` lists their ids.\nYour password and a code of your app or a recovery code are asked for on a terminal, and otherwise read from two lines of standard input.",
  async run({ words: [id], json }) {
    const client = await connect();
    const { password, code } = await passwordAndCode();
    await client.request("DELETE", `${path}${encodeURIComponent(id!)}/`, { password, code: await code() });
    show(json, { id }, () => "The passkey is removed.\n");
    return exitCodes.done;
  },
};

export const passkeyCommands = { passkeys, "remove-passkey": removePasskey };
