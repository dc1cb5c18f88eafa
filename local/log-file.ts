import { closeSync, openSync, writeSync } from "node:fs";

/** A file to which lines are appended. */
export interface LogFile {
  /** Does nothing once the file is closed. */
  write(line: string): void;
  close(): void;
}

/**
 * Opens the log of this process. Lines that cannot be written, because the disk is full or broken, are dropped, and the next one
 * that can be written is preceded by a line that says how many.
 */
export function openLogFile(path: string): LogFile {
  const file = openSync(path, "a", 0o600);
  let dropped = 0;
  let closed = false;
  return {
    write(line) {
      // The number of a closed file is soon that of another file or of a connection.
      if (closed) return;
      try {
        if (dropped > 0) append(file, `\n${droppedLine(dropped)}\n`);
        dropped = 0;
        append(file, `${line}\n`);
      } catch {
        dropped += 1;
      }
    },
    close() {
      closed = true;
      closeSync(file);
    },
  };
}

/** Throws unless all of it is written. A full disk may take the first part of a line. */
function append(file: number, text: string): void {
  const bytes = Buffer.from(text);
  if (writeSync(file, bytes) < bytes.length) throw new Error("only a part was written");
}

const droppedLine = (count: number): string =>
  JSON.stringify({ time: new Date().toISOString(), level: "warn", event: "log.dropped", count });
