import { readFile } from "node:fs/promises";
import { join } from "node:path";

const imageKey = /^docker_image: (.*)$/m;

/** The description of an example's bundle, with another image if one is given, and the image that it then names. */
export async function describeBundle(
  example: string,
  otherImage: string | undefined,
): Promise<{ yaml: string; image: string }> {
  const yaml = await readFile(join(example, "bundle", "competition.yaml"), "utf8");
  const image = otherImage || imageKey.exec(yaml)![1]!;
  return { yaml: yaml.replace(imageKey, () => `docker_image: ${image}`), image };
}
