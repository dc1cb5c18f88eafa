/** What there is of worksheets in the world of the access tests. */
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import type { Person } from "../../support/platform.ts";

/** All of it the organizer's. Everybody may read the worksheet and the bundle. */
export interface WorksheetWorld {
  worksheet: { uuid: string; name: string };
  /** A bundle whose contents are not uploaded yet. */
  bundle: string;
  group: { uuid: string; name: string };
  /** The id of the group of everybody. */
  everybody: string;
}

export async function makeWorksheets(db: Db, organizer: Person): Promise<WorksheetWorld> {
  const post = async (path: string, data: object) => {
    const { status, text, body } = await organizer.send("POST", `/rest/${path}`, { json: { data: [data] } });
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return (body["data"] as { id: string }[])[0]!.id;
  };
  const [name, groupName] = ["access-sheet", "access-group"];
  const uuid = await post("worksheets/", { type: "worksheets", attributes: { name } });
  const group = await post("groups/", { type: "groups", attributes: { name: groupName } });
  const metadata = { name: "access-data", description: "", tags: [], license: "", source_url: "" };
  const attributes = { bundle_type: "dataset", metadata };
  const bundle = await post(`bundles/?worksheet=${uuid}`, { type: "bundles", attributes });
  const everybody = await db
    .selectFrom("worksheet_groups")
    .select("uuid")
    .where("owner_id", "is", null)
    .executeTakeFirstOrThrow();
  return { worksheet: { uuid, name }, bundle, group: { uuid: group, name: groupName }, everybody: everybody.uuid };
}
