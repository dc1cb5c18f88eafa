import type { BoundFolder } from "../launcher.ts";

/** Folders of the host that programs can read: installed software and its configuration. */
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

/** A visible folder of the host, or a symbolic link in its place (on most systems `/bin` links to `usr/bin`). */
export interface HostFolder {
  path: string;
  linkTo: string | null;
}

export interface SandboxSettings {
  hostFolders: HostFolder[];
  /** Folders below them that programs find empty. */
  hidden: string[];
  /** Additional readable files of the host: the resolver's configuration when there is a network. */
  hostFiles: string[];
  folders: BoundFolder[];
  /** An empty folder, the mount point of the new root. */
  root: string;
  /** The folder that programs see as /tmp. */
  temporary: string;
  workingDirectory: string;
  sharedMemoryBytes: number;
  /** Files to which the script writes 0 to join its control group. */
  cgroupJoinFiles: string[];
  /** Command prefix that drops privileges and sets resource limits. */
  restrict: string[];
}

/** File descriptors of the shell for the script's error messages, and for a line that says that the program starts. */
export const messagesFd = 3;
export const readyFd = 4;

/**
 * The shell script that is process 1 of a sandbox. It builds a new root from read-only parts of the host and the step's
 * folders, leaves the host's root, and runs its arguments as a child process. It reaps orphaned processes; when it
 * ends, all other processes of the sandbox end too. It must run as root in new mount, pid and network namespaces.
 */
export function sandboxScript(settings: SandboxSettings): string {
  const { hostFolders, hidden, hostFiles, folders, root, temporary, cgroupJoinFiles } = settings;
  // Parent folders are mounted before the folders in them.
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
    ...hidden.map((path) => `mount -t tmpfs -o ro,mode=755,nosuid,nodev,noexec,size=4k hidden ${inRoot(path)}`),
    ...hostFiles.map(
      (path) =>
        `mkdir -p "$(dirname ${inRoot(path)})"; : >${inRoot(path)}; mount -o bind,ro,nosuid,nodev ${quote(path)} ${inRoot(path)}`,
    ),
    // Commands of programs say python, but Debian installs only python3.
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
    // Some systems lack `ip`; there, programs cannot connect to themselves.
    "ip link set lo up || true",
    "pivot_root . host",
    "umount -l /host",
    "rmdir /host",
    "mount -o remount,bind,ro,nosuid,nodev /",
    `cd ${quote(settings.workingDirectory)}`,
    `echo ready >&${readyFd}`,
    // The shell's own messages, for example about how the program ended, must not appear in the program's output. Only
    // the subshell, which becomes the program, has the program's stderr.
    `exec 2>/dev/null ${messagesFd}>&- ${readyFd}>&-`,
    "unset OLDPWD",
    "set +e",
    `(exec ${settings.restrict.map(quote).join(" ")} "$@" 2>&5 5>&- </dev/null)`,
    "exit $?",
  ];
  return `${lines.join("\n")}\n`;
}

/** Quotes a word for a POSIX shell. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
