import { ask, askPassword } from "./ask.ts";
import { exitCodes, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { show } from "./output.ts";

interface State {
  is_on: boolean;
  passkeys: number;
  recovery_codes_left: number;
}

/** The password, asked for on a terminal, and otherwise the first line of standard input with the other lines. */
export async function passwordAndCode(): Promise<{ password: string; code: () => Promise<string> }> {
  const [password = "", code] = process.stdin.isTTY
    ? [await ask("Password: ", { secret: true })]
    : (await askPassword()).split(/\r?\n/);
  return {
    password,
    async code() {
      if (code !== undefined) return code;
      if (!process.stdin.isTTY) throw new UsageError("Standard input must have two lines: the password and a code.");
      return ask("Code: ");
    },
  };
}

const secondFactor: Command = {
  parameters: ["[on|off]"],
  about:
    "Show whether your account has a second factor, or turn it on or off.\nWith it, a login with a password also needs a code of an app on your phone. `on` needs a terminal: it shows a secret for the app, asks for a first code, and prints recovery codes, each of which replaces a code once. `off` asks for a code, or reads password and code from two lines of standard input.",
  async run({ words: [wanted], json }) {
    const path = "/api/account/second-factor/";
    const client = await connect();
    if (wanted !== undefined && !["on", "off"].includes(wanted)) throw new UsageError("Give on, off or nothing.");
    if (wanted === "on") {
      const { password, code } = await passwordAndCode();
      const { secret, uri } = await client.request<{ secret: string; uri: string }>("POST", path, { password });
      process.stderr.write(`Add this secret to your app: ${secret}\nor open this address in it: ${uri}\n`);
      const made = await client.request<{ recovery_codes: string[] }>("PUT", path, { code: await code() });
      show(
        json,
        made,
        () =>
          `The second factor is on. Keep these recovery codes; they are shown only now:\n${made.recovery_codes.join("\n")}\n`,
      );
      return exitCodes.done;
    }
    if (wanted === "off") {
      const { password, code } = await passwordAndCode();
      await client.request("DELETE", path, { password, code: await code() });
      show(json, { is_on: false }, () => "The second factor is off.\n");
      return exitCodes.done;
    }
    const state = await client.request<State>("GET", path);
    show(json, state, () =>
      state.is_on
        ? `The second factor is on. ${state.recovery_codes_left} recovery codes are left.\n` +
          (state.passkeys > 0 ? `You have ${state.passkeys} passkeys: \`benchstack passkeys\` lists them.\n` : "")
        : "The second factor is off.\n",
    );
    return exitCodes.done;
  },
};

export const secondFactorCommands = { "second-factor": secondFactor };
