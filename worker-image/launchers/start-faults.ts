/**
 * Decides whose fault it is that a container did not start, from the message of the engine or of the runtime. Their HTTP
 * status does not say it: Docker answers 400 when the runtime is missing, and 500 when the image lacks its user.
 *
 * A message is the fault of the image or the command only if its pattern below says so. Everything else is the machine's:
 * a person is never blamed for a message that nobody has seen yet.
 */

/** Programs that we or the engine put before the program's own command. If one of them is missing, the machine lacks it. */
const helpers = String.raw`\\*"(?:/sbin/|/usr/\S*/|/benchstack/\S*/)?(?:docker-init|podman-init|catatonit|tini|wrapper|(?:docker-)?(?:runc|crun|containerd-shim[\w.-]*))\\*"`;
/** The runtime could not execute a command; the reason follows. Only runtimes without an init process say this. */
const command = String.raw`exec: (?!${helpers})\\*"(?:[^"\\]|\\.)*\\*": `;

/** What is wrong with an image or a command, as the end of a sentence about them. */
const ofImage: [message: RegExp, fault: string][] = [
  [/\bunable to find (user|group) |\bno users found/i, "the image does not contain the user or group that it names"],
  [/uids and gids must be in range/i, "the number of the image's user or group is out of range"],
  [
    // A path in the image is a file or a circle of links where a folder of the step is mounted, or the other way round.
    /Cannot mkdir: .* is not a directory|(?:lstat|stat|mkdir) \/.*: not a directory$|evalSymlinksInScope: too many links|cannot mount volume over existing file|error mounting .* to rootfs at .*(?:not a directory|is a directory|too many levels of symbolic links|cannot be mounted because it is (?:inside|not of type))/i,
    "the image has a file, a link or a volume where the step needs a folder",
  ],
  [/environment variable name can't/i, "the image has an environment variable whose name is not valid"],
  [/chdir to cwd .* failed: /i, "its user cannot enter the working directory of the step"],
  [
    /image operating system "[^"]*" cannot be used on this platform|does not match the specified platform|\bexec format error/i,
    "the image is made for another operating system or processor",
  ],
  [/argument list too long/i, "the command is too long"],
  [
    new RegExp(`${command}(?:executable file not found|stat .*: no such file)`),
    "the image does not contain the command",
  ],
  [new RegExp(`${command}.*is a directory`), "the command is a folder"],
  [new RegExp(`${command}permission denied`), "the command is not executable"],
];

/** What is wrong with a machine, as the end of a sentence about its engine. Control groups also say "no space left". */
const ofMachine: [message: RegExp, fault: string][] = [
  [/cgroup|no cpu|cpuset/i, "control groups cannot be set up"],
  [/no space left on device|disk quota exceeded/i, "its disk is full"],
  [/read-only file system|input\/output error|structure needs cleaning/i, "its disk is broken or read-only"],
  [
    /cannot allocate memory|resource temporarily unavailable|too many open files|can't create new thread|pthread_create failed/i,
    "the machine has no memory, processes or open files left",
  ],
  [/seccomp|apparmor|selinux/i, "a security profile cannot be loaded"],
  [
    /\bnetwork\b|\bbridge\b|iptables|nftables|veth|network sandbox|port is already allocated|address already in use|netns/i,
    "a network cannot be set up",
  ],
  [/device|\bgpus?\b|nvidia|\bCDI\b/i, "a device such as a GPU cannot be used"],
  [
    /bind source path does not exist|invalid mount config|error mounting|error while creating mount source/i,
    "a folder cannot be mounted",
  ],
  [/overlay|graphdriver|snapshot|layer|RWLayer|rootfs/i, "its store of images is damaged"],
  [
    /unknown runtime|unknown or invalid runtime|OCI runtime|shim|containerd|docker-init|fork\/exec/i,
    "its container runtime does not work",
  ],
];

/** In characters. A message can quote a command of any length; what matters is at its ends. */
const maxEnd = 2_000;

function faultIn(faults: [RegExp, string][], message: string): string | undefined {
  const ends =
    message.length <= 2 * maxEnd ? message : `${message.slice(0, maxEnd)} ${message.slice(message.length - maxEnd)}`;
  return faults.find(([pattern]) => pattern.test(ends))?.[1];
}

/** What is wrong with the image or the command, as the end of a sentence. Null if the message is not about them. */
export const imageOrCommandFault = (message: string): string | null => faultIn(ofImage, message) ?? null;

/** What is wrong with the machine, as the end of a sentence about its engine. */
export const machineFault = (message: string): string =>
  faultIn(ofMachine, message) ?? "the log of the worker has the reason";
