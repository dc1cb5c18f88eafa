/** Where a reader of the logs of a run is: how far in each stream of an attempt. */

/** How far a reader is in one stream. */
export interface StreamPosition {
  /** Bytes that were read. */
  offset: number;
  /** The last of these, if they begin a character whose other bytes have not arrived. */
  held: Buffer;
  /** Whether nothing follows. */
  ended: boolean;
}

export interface LogCursor {
  /** The number of the attempt; 0 before there is one. */
  attempt: number;
  /** One for each stream. */
  streams: StreamPosition[];
}

export const startOfLogs = (attempt: number, streams: number): LogCursor => ({
  attempt,
  streams: Array.from({ length: streams }, () => ({ offset: 0, held: Buffer.alloc(0), ended: false })),
});

/** `2-17-0e-…`: the attempt, and for each stream its offset, the bytes that are held back in hexadecimal, and `e` at its end. */
export const cursorText = ({ attempt, streams }: LogCursor): string =>
  [
    String(attempt),
    ...streams.map(
      ({ offset, held, ended }) => `${offset}${held.length > 0 ? `.${held.toString("hex")}` : ""}${ended ? "e" : ""}`,
    ),
  ].join("-");

const position = /^(\d{1,15})(?:\.((?:[\da-f]{2}){1,3}))?(e?)$/;

/** The cursor in a text; undefined if there is none. */
export function cursorOf(text: string, streams: number): LogCursor | undefined {
  const [attempt = "", ...words] = text.split("-");
  const found = words.map((word) => position.exec(word));
  if (!/^\d{1,9}$/.test(attempt) || found.length !== streams || found.includes(null)) return undefined;
  return {
    attempt: Number(attempt),
    streams: found.map((match) => ({
      offset: Number(match![1]),
      held: Buffer.from(match![2] ?? "", "hex"),
      ended: match![3] === "e",
    })),
  };
}

/** The bytes without those of an incomplete UTF-8 character at their end. */
export function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}

/** Something that a program printed, with when it arrived. */
export interface Piece {
  time: Date;
  bytes: Buffer;
}

/** The texts of pieces that follow a position, and the position after them. Characters stay whole. */
export function textsOf(
  { offset, held }: StreamPosition,
  pieces: readonly Piece[],
  ended: boolean,
): { texts: { time: Date; text: string }[]; position: StreamPosition } {
  const texts: { time: Date; text: string }[] = [];
  let rest = held;
  for (const [at, { time, bytes }] of pieces.entries()) {
    const all = Buffer.concat([rest, bytes]);
    const shown = ended && at === pieces.length - 1 ? all : withoutCutCharacter(all);
    rest = all.subarray(shown.length);
    if (shown.length > 0) texts.push({ time, text: shown.toString("utf8") });
  }
  const read = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { texts, position: { offset: offset + read, held: Buffer.from(rest), ended } };
}
