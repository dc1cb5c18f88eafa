import type { BoundFolder } from "../launcher.ts";

/** Parts of the host's root that programs see, read-only: where software is installed, and how it is configured. */
export const visibleHostFolders = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/etc",
  "/nix",
] as const;

const devices = ["null", "zero", "full", "random", "urandom"];

/** A visible folder of the host, or the link that takes its place (`/bin` is one to `usr/bin` on most systems). */
export interface HostFolder {
  path: string;
  linkTo: string | null;
}

export interface SandboxSettings {
  hostFolders: HostFolder[];
  /** Files outside the visible folders that are needed: the resolver's configuration, when there is a network. */
  hostFiles: string[];
  folders: BoundFolder[];
  /** An empty folder that becomes the mount point of the new root. */
  root: string;
  /** What is seen as /tmp. */
  temporary: string;
  workingDirectory: string;
  sharedMemoryBytes: number;
  /** Files of a control group that a process joins by writing 0. */
  cgroupJoinFiles: string[];
  /** Prefix of the program's command that gives up privileges and sets resource limits. */
  restrict: string[];
}

/** The shell's file descriptors: messages of this script, and a line that says the program starts. */
export const messagesFd = 3;
export const readyFd = 4;

/**
 * The shell script that is process 1 of a sandbox: it builds a root of its own out of read-only parts of the host and
 * the step's folders, leaves the host's root for good, and runs its arguments there as a child. It reaps what the
 * program leaves behind; when it ends, so does everything else in the sandbox. It must be root in its own mount, pid and
 * network namespaces.
 */
export function sandboxScript(settings: SandboxSettings): string {
  const { hostFolders, hostFiles, folders, root, temporary, cgroupJoinFiles } = settings;
  // A parent is mounted before what lies in it.
  const bound = [...folders].sort((a, b) => a.path.length - b.path.length);
  const inRoot = (path: string) => quote(`.${path}`);
  const lines = [
    "set -eu",
    `exec 5>&2 2>&${messagesFd}`,
    ...cgroupJoinFiles.map((file) => `echo 0 >${quote(file)}`),
    `mount -t tmpfs -o mode=755,nosuid,nodev,size=16m sandbox ${quote(root)}`,
    `cd ${quote(root)}`,
    "mkdir -p proc dev/shm tmp run/bin var host",
    "ln -s /tmp var/tmp",
    `mkdir -p ${[...bound.map(({ path }) => path), settings.workingDirectory].map(inRoot).join(" ")}`,
    ...hostFolders.map(({ path, linkTo }) =>
      linkTo === null
        ? `mkdir ${inRoot(path)}; mount -o rbind,ro,nosuid,nodev ${quote(path)} ${inRoot(path)}`
        : `ln -s ${quote(linkTo)} ${inRoot(path)}`,
    ),
    ...hostFiles.map(
      (path) =>
        `mkdir -p "$(dirname ${inRoot(path)})"; : >${inRoot(path)}; mount -o bind,ro,nosuid,nodev ${quote(path)} ${inRoot(path)}`,
    ),
    // Programs say python; Debian and its kin call it python3.
    "[ -e ./usr/bin/python ] || ln -s /usr/bin/python3 run/bin/python",
    "mount -t proc -o nosuid,nodev,noexec proc proc",
    ...devices.map((device) => `: >dev/${device}; mount --bind /dev/${device} dev/${device}`),
    "ln -s /proc/self/fd dev/fd",
    "ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr",
    `mount -t tmpfs -o mode=1777,nosuid,nodev,size=${settings.sharedMemoryBytes} shm dev/shm`,
    `mount --bind ${quote(temporary)} tmp`,
    ...bound.map(({ hostPath, path, readOnly }) =>
      readOnly
        ? `mount -o bind,ro,nosuid,nodev ${quote(hostPath)} ${inRoot(path)}`
        : `mount --bind ${quote(hostPath)} ${inRoot(path)}`,
    ),
    // Not there on every system; then a program cannot talk to itself over the network.
    "ip link set lo up || true",
    "pivot_root . host",
    "umount -l /host",
    "rmdir /host",
    "mount -o remount,bind,ro,nosuid,nodev /",
    `cd ${quote(settings.workingDirectory)}`,
    `echo ready >&${readyFd}`,
    // From here on the shell is silent: its remarks on how the program ended are not the program's. Only the subshell,
    // which becomes the program, has the program's stderr.
    `exec 2>/dev/null ${messagesFd}>&- ${readyFd}>&-`,
    "unset OLDPWD",
    "set +e",
    `(exec ${settings.restrict.map(quote).join(" ")} "$@" 2>&5 5>&- </dev/null)`,
    "exit $?",
  ];
  return `${lines.join("\n")}\n`;
}

/** A word for a POSIX shell. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
