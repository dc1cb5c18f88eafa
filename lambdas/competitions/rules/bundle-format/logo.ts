/** The logo. Its file name is checked here; its first bytes are checked when the bundle is unpacked. */
import type { BundleListing } from "../competition.ts";
import type { Fields } from "./fields.ts";
import { bundleFile } from "./files.ts";

const imageName = /\.(?:jpe?g|png|gif|webp)$/i;
const anyExtension = /\.[^./]+$/;

/** Reads `image`. A name without an extension is accepted, because the content decides. */
export function readLogo(fields: Fields, listing: BundleListing): string {
  const value = fields.get("image");
  if (!value) {
    fields.draft.error("BND-21", fields.at("image"));
    return "";
  }
  const path = bundleFile(fields.draft, listing, value, "BND-22");
  if (anyExtension.test(path) && !imageName.test(path)) fields.draft.error("BND-23", value.path, path);
  return path;
}
