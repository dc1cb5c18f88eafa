/** Random lines of worksheets: mostly close to what the language knows, some of them anything. */
import fc from "fast-check";

const word = fc.oneof(
  fc.constantFrom(
    "name",
    "uuid",
    "/stdout",
    "/stats:a/b",
    "[0:8]",
    "size",
    "date",
    "%.2f",
    "s/a/b/",
    "x:y:z",
    "run",
    "x",
  ),
  fc.constantFrom("maxlines=3", "maxlines=x", "width=5", "'", '"', "\\", "=", "name=.sort", ".limit=3", ".count", ""),
  fc.string({ maxLength: 8 }),
);
const command = fc.constantFrom(
  ...["schema", "add", "addschema", "display", "search", "wsearch", "%", "", "nonsense"],
  ...["display table", "display record", "display contents", "display image", "display graph", "display hidden"],
);

/** A line of a source, which has no line ends. */
export const lines = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(command, fc.array(word, { maxLength: 4 })).map(([c, w]) => `% ${c} ${w.join(" ")}`),
    },
    { weight: 3, arbitrary: fc.constantFrom("{a}", "[x]{b}", "{{w}}", "[x]{{v}}", "{}", "{missing}") },
    { weight: 2, arbitrary: fc.constantFrom("", "text", "# title", "// note", "//", "%", "  ", "$x_{i}$", "~~~") },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme" }) },
  )
  .map((line) => line.replace(/[\r\n\0]/g, " "));
