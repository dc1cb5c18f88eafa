import type { Draft } from "./draft.ts";
import { Fields } from "./fields.ts";
import { describe } from "./wording.ts";
import { readYaml } from "../../../jobs/rules/yaml/yaml.ts";

/** The fields of a YAML file; null, and reported, when it is no YAML or holds no keys. */
export function readDocument(draft: Draft, text: string): Fields | null {
  const read = readYaml(text);
  if (!read.ok) {
    draft.error("BND-99:yaml", "", read.reason);
    return null;
  }
  if (read.repeatedKey) draft.warn("BND-90", "", read.repeatedKey);
  if (read.root.kind === "mapping") return new Fields(draft, read.root, "");
  draft.error("BND-99:root", "", describe(read.root));
  return null;
}
