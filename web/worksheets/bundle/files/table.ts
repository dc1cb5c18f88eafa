/** Reads tables of text: CSV as RFC 4180 has it, and tab-separated lines. */

/** The rows of a table, at most so many. The last row may be cut off where the text is. */
export function rowsOf(text: string, separator: "," | "\t", most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const endRow = () => {
    // An empty line is no row.
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  while (at < text.length && rows.length < most) {
    const cell = readCell(text, at, separator);
    row.push(cell.text);
    at = cell.end;
    if (text[at] === separator) {
      at += 1;
      if (at === text.length) row.push("");
    } else {
      at += text.startsWith("\r\n", at) ? 2 : 1;
      endRow();
    }
  }
  if (row.length > 0 && rows.length < most) endRow();
  return rows;
}

/** The cell that begins at a place, and where it ends. Quotes are of CSV only. */
function readCell(text: string, from: number, separator: string): { text: string; end: number } {
  if (separator === "," && text[from] === '"') {
    let cell = "";
    for (let at = from + 1; at < text.length; at++) {
      if (text[at] !== '"') cell += text[at]!;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else return { text: cell, end: endOf(text, at + 1, separator) };
    }
    return { text: cell, end: text.length };
  }
  const end = endOf(text, from, separator);
  return { text: text.slice(from, end), end };
}

function endOf(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== "\n" && !text.startsWith("\r\n", at)) at += 1;
  return at;
}
