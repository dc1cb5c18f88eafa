/** A line of the index of a folder's zip. */
export interface FolderEntry {
  path: string;
  type: "file" | "directory" | "link";
  /** Permission bits. */
  mode: number;
  modified: Date;
  /** Bytes of the content. */
  size: number;
  /** Of a link. */
  target?: string;
  /** Where the content of a file is. */
  stored?: Stored;
}

/** Where the content of a file is in a zip. */
export interface Stored {
  start: number;
  bytes: number;
  deflated: boolean;
  /**
   * Of a file of several pieces: where each of them begins in the stored content, as 64-bit numbers, high byte first. Null for a file that is one piece.
   */
  points: Buffer | null;
}
