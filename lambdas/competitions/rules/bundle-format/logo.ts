/** The logo. Only its presence is checked here; its content is checked when the bundle is unpacked. */
import type { BundleListing } from "../competition.ts";
import type { Fields } from "./fields.ts";
import { bundleFile } from "./files.ts";

/** Reads `image`. Any name is accepted, because the content decides. */
export function readLogo(fields: Fields, listing: BundleListing): string {
  const value = fields.get("image");
  if (value) return bundleFile(fields.draft, listing, value, "BND-22");
  fields.draft.error("BND-21", fields.at("image"));
  return "";
}
