import type { Draft } from "./draft.ts";
import { Fields } from "./fields.ts";
import { describe } from "./wording.ts";
import { readYaml } from "../../../jobs/rules/yaml/yaml.ts";

/**
 * Reads a YAML file that must be a mapping. Reports an error and returns null if it is not valid YAML or not a mapping.
 */
export function readDocument(draft: Draft, text: string): Fields | null {
  const read = readYaml(text);
  if (!read.ok) {
    draft.error("BND-99:yaml", "", read.reason);
    return null;
  }
  if (read.repeatedKey) draft.warn("BND-90", "", read.repeatedKey.key, read.repeatedKey.place);
  if (read.root.kind === "mapping") return new Fields(draft, read.root, "");
  draft.error("BND-99:root", "", describe(read.root));
  return null;
}
