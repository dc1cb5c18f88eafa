import { exitCodes, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, show } from "./output.ts";

interface Kind {
  kind: string;
  about: string;
  enabled: boolean;
  can_change: boolean;
  why: string | null;
}

const path = "/api/account/notifications/";

const notifications: Command = {
  parameters: ["[KIND]", "[on|off]"],
  about:
    "Show which mail you get, or turn a kind of it on or off.\nKIND is the first column of the list. Some mail cannot be turned off; the list says why.",
  async run({ words: [kind, wanted], json }) {
    if ((kind === undefined) !== (wanted === undefined) || (wanted !== undefined && !["on", "off"].includes(wanted)))
      throw new UsageError("Give nothing, or a KIND and on or off.");
    const client = await connect();
    const found = await client.request<Kind[]>("GET", path);
    if (kind === undefined) {
      show(json, found, () =>
        listing(
          ["Kind", "Mail", "About"],
          found.map((one) => [
            one.kind,
            one.enabled ? "on" : "off",
            one.can_change ? one.about : `${one.about}. ${one.why}`,
          ]),
          "",
        ),
      );
      return exitCodes.done;
    }
    const one = found.find((one) => one.kind === kind);
    if (!one?.can_change)
      throw new UsageError(
        one
          ? `This mail cannot be turned off. ${one.why}`
          : `KIND must be one of ${found.flatMap((one) => (one.can_change ? [one.kind] : [])).join(", ")}.`,
      );
    const changed = await client.request<Kind[]>("PATCH", path, { [kind]: wanted === "on" });
    show(json, changed, () => `${one.about}: ${wanted}.\n`);
    return exitCodes.done;
  },
};

export const notificationCommands = { notifications };
