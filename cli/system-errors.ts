/** Why the system refused to use a file, as the end of a sentence. */
const fileReasons: Record<string, string> = {
  EACCES: "you may not use it. It may belong to another user",
  EPERM: "you may not change it. It may belong to another user",
  EROFS: "its disk is read-only",
  ENOSPC: "its disk is full",
  EDQUOT: "your disk quota is used up",
  ENOENT: "it does not exist",
  EEXIST: "there is a file of this name in the way",
  EISDIR: "it is a folder",
  EBADF: "it is not open for writing",
  EIO: "its disk or terminal is broken",
  ENOTDIR: "a part of its path is a file and not a folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** Why a server cannot listen, as the end of a sentence. */
const listenReasons: Record<string, string> = {
  EADDRINUSE: "another program uses it. Choose another port",
  EACCES: "only administrators may use it. Choose a port from 1024",
  EADDRNOTAVAIL: "this machine does not have this address",
};

/**
 * Says in a sentence why the system refused something: a file or a port. Undefined for other errors, which are defects.
 */
export function systemSentence(error: unknown): string | undefined {
  const {
    code = "",
    path,
    syscall,
    address,
    port,
  } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (syscall === "listen" && port !== undefined && code in listenReasons)
    return `Port ${port} of ${address ?? "this machine"} cannot be used: ${listenReasons[code]!}.`;
  if (syscall === "mkdir" && code === "ENOENT") return `${path} cannot be used: no folder can be created there.`;
  if (!(code in fileReasons)) return undefined;
  return `${path ?? "A file"} cannot be used: ${fileReasons[code]!}.`;
}
