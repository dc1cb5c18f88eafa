/** How a terminal would write a text, as classes of `log.css`: a page's policy allows no inline styles. */

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** The sixteen colours of a terminal. A colour and its bright form are drawn in one shade, which can be read on the log's ground. */
const palette = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
] as const;

/** What SGR sequences have set. Colours are numbers of `palette`. */
interface Style {
  text?: number | undefined;
  ground?: number | undefined;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  strike?: boolean;
}

/** The classes of a style; empty for plain text. */
function classesOf({ text, ground, inverse = false, ...flags }: Style): string {
  const [front, back] = inverse ? [ground, text ?? 7] : [text, ground];
  return [
    front !== undefined && back === undefined && `log-${colours[front % 8]}`,
    // On a coloured ground, text is dark: every such pair can be read.
    back !== undefined && `log-on log-on-${colours[back % 8]}`,
    ...(["bold", "dim", "italic", "underline", "strike"] as const).map((flag) => flags[flag] && `log-${flag}`),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Follows the SGR sequences of a stream: `\x1b[…m`. */
export class StyleState {
  #style: Style = {};
  classes = "";

  apply(parameters: string): void {
    const given = parameters.split(";");
    for (let at = 0; at < given.length; at++) {
      const [code = "", ...rest] = given[at]!.split(":");
      const number = Number(code);
      if (number === 38 || number === 48) {
        // `38;5;n` and `38;2;r;g;b` go on in the next parameters, `38:5:n` and `38:2::r:g:b` in the same one.
        const { colour, used } =
          rest.length > 0
            ? { colour: extended(rest.map(Number), rest.length > 4 ? 2 : 1), used: 0 }
            : takeExtended(given.slice(at + 1).map(Number));
        at += used;
        this.#style = { ...this.#style, [number === 38 ? "text" : "ground"]: colour };
      } else this.#style = withCode(this.#style, number);
    }
    this.classes = classesOf(this.#style);
  }
}

function withCode(style: Style, code: number): Style {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 9) return { ...style, strike: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underline: false };
  if (code === 27) return { ...style, inverse: false };
  if (code === 29) return { ...style, strike: false };
  if (code >= 30 && code <= 37) return { ...style, text: code - 30 };
  if (code === 39) return { ...style, text: undefined };
  if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
  if (code === 49) return { ...style, ground: undefined };
  if (code >= 90 && code <= 97) return { ...style, text: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, ground: code - 92 };
  return style;
}

function takeExtended(given: number[]): { colour: number | undefined; used: number } {
  const used = given[0] === 5 ? 2 : given[0] === 2 ? 4 : 1;
  return { colour: extended(given.slice(0, used), 1), used };
}

/** The number in `palette` that is nearest to `5, n` or `2, r, g, b`, whose values begin at `first`. */
function extended([kind, ...values]: number[], first: number): number | undefined {
  const given = values.slice(first - 1);
  if (kind === 5) {
    const [number = 0] = values;
    if (number < 16) return number;
    if (number >= 232) return nearest(8 + 10 * (number - 232), 8 + 10 * (number - 232), 8 + 10 * (number - 232));
    const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
    const cube = number - 16;
    return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
  }
  if (kind === 2) return nearest(given[0] ?? 0, given[1] ?? 0, given[2] ?? 0);
  return undefined;
}

function nearest(red: number, green: number, blue: number): number {
  const distances = palette.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  return distances.indexOf(Math.min(...distances));
}
