/** A line of /proc/self/mountinfo: a part of a file system, and the path at which it is seen. */
interface Mount {
  device: string;
  /** The path of the part within its file system. */
  root: string;
  point: string;
}

/**
 * All paths below the visible folders at which one of the hidden folders, or a part of it, is seen: its own path, and those of
 * mounts of the same file system. The paths must be free of links. A visible folder itself can be among the results.
 */
export function hiddenPlaces(hidden: string[], visible: string[], mountinfo: string): string[] {
  const mounts = mountsIn(mountinfo);
  const places = hidden.flatMap((folder) => {
    const [own] = mounts
      .filter(({ point }) => within(folder, point))
      .sort((one, other) => other.point.length - one.point.length);
    if (own === undefined) return folder;
    const path = moved(folder, own.point, own.root);
    const others = mounts.filter(({ device }) => device === own.device);
    return [
      folder,
      ...others.flatMap(({ root, point }) =>
        within(path, root) ? moved(path, root, point) : within(root, path) ? point : [],
      ),
    ];
  });
  const seen = [...new Set(places)].filter((place) => visible.some((folder) => within(place, folder)));
  return seen.filter((place) => !seen.some((other) => other !== place && within(place, other))).sort();
}

/** The last mount at a point comes first, because it covers the others. */
function mountsIn(mountinfo: string): Mount[] {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    const [, , device, root, point] = line.split(" ");
    if (device === undefined || root === undefined || point === undefined) return [];
    return { device, root: unescaped(root), point: unescaped(point) };
  });
  return mounts.reverse();
}

/** The kernel writes spaces and some other characters of paths as octal numbers. */
const unescaped = (path: string): string =>
  path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

/** Whether a path is a folder or lies in it. */
const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

/** The path that has the same place in another folder. */
const moved = (path: string, from: string, to: string): string =>
  `${to === "/" ? "" : to}${path.slice(from === "/" ? 0 : from.length)}` || "/";
