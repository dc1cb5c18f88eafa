/** As many as Linux follows for one path. */
const maxFollowed = 40;

/**
 * Returns why a link must not be unpacked: its target is absolute, leads out of the folder, or leads in a circle.
 * Undefined if following it stays inside, whether or not the target exists. `links` has the target of every link of the
 * folder by its path; all are byte paths relative to the folder.
 */
export function linkProblem(path: string, links: ReadonlyMap<string, string>): string | undefined {
  const at = path.split("/");
  const ahead = [at.pop()!];
  let followed = 0;
  for (let step = ahead.shift(); step !== undefined; step = ahead.shift()) {
    if (step === "" || step === ".") continue;
    if (step === "..") {
      if (at.pop() === undefined) return "leads out of its folder";
      continue;
    }
    at.push(step);
    const target = links.get(at.join("/"));
    if (target === undefined) continue;
    if (++followed > maxFollowed) return "leads in a circle";
    if (target.startsWith("/")) return "has an absolute target";
    at.pop();
    ahead.unshift(...target.split("/"));
  }
  return undefined;
}
