/** What a release must agree on: its version in all places, its changes and what people do to upgrade. */

export interface Release {
  /** The version in package.json. */
  version: string;
  /** The version in package-lock.json. */
  lockedVersion: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** Tags of the commit. */
  tags: string[];
}

const heading = (line: string): string | null => /^## (.+)$/.exec(line)?.[1] ?? null;
const isVersion = (text: string): boolean => /^v?\d+\.\d+\.\d+/.test(text);

/** A sentence for each thing that is wrong. A commit without a tag of a version is between releases. */
export function problemsOfRelease({ version, lockedVersion, changelog, tags }: Release): string[] {
  const problems: string[] = [];
  if (lockedVersion !== version)
    problems.push(`package-lock.json has the version ${lockedVersion}, package.json ${version}. Run npm install.`);
  const sections = sectionsOf(changelog);
  const [latest] = [...sections.keys()].filter((name) => name !== "Unreleased");
  if (latest !== version)
    problems.push(`The latest release in CHANGELOG.md is ${latest ?? "missing"}. package.json has ${version}.`);
  const versionTags = tags.filter(isVersion);
  for (const tag of versionTags)
    if (tag !== version) problems.push(`The tag ${tag} is on the commit of version ${version}. Name it ${version}.`);
  if (versionTags.length > 0 && sections.has("Unreleased"))
    problems.push(
      'CHANGELOG.md still has "Unreleased". Its lines belong to the release: give it the version as heading.',
    );
  const next = sections.has("Unreleased") ? "Unreleased" : version;
  if (!/^### Upgrade$/m.test(sections.get(next) ?? ""))
    problems.push(
      `CHANGELOG.md has no "### Upgrade" under ${next}. Say there what people do, or that they do nothing.`,
    );
  return problems;
}

function sectionsOf(changelog: string): Map<string, string> {
  const sections = new Map<string, string>();
  let current: string | null = null;
  for (const line of changelog.split("\n")) {
    const name = heading(line);
    if (name !== null) sections.set((current = name), "");
    else if (current !== null) sections.set(current, `${sections.get(current)}${line}\n`);
  }
  return sections;
}
