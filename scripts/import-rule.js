/** An ESLint rule: imports follow a table of folders, and never lead back to where they began. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "..");
const isCode = (path) => /\.(tsx?|js|mjs)$/.test(path);
const isIn = (path, folder) => (folder === "." ? !path.includes("/") : path.startsWith(`${folder}/`));

/** The row of a file: that of the deepest folder which holds it. */
const rowOf = (table, path) =>
  Object.keys(table)
    .filter((folder) => isIn(path, folder))
    .sort((a, b) => b.length - a.length)[0];

const importsOf = new Map();
/** The files of ours that a file imports, in whichever form. What is read of it is kept while this process runs. */
function importedBy(path) {
  if (!importsOf.has(path)) {
    const text = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
    const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    importsOf.set(
      path,
      names.filter((name) => name.startsWith(".")).map((name) => join(dirname(path), name)),
    );
  }
  return importsOf.get(path);
}

/** The way from a file to another along imports, both included; undefined when there is none. */
function wayTo(target, from, seen = new Set()) {
  if (from === target) return [from];
  seen.add(from);
  for (const next of importedBy(from)) {
    if (seen.has(next)) continue;
    const rest = wayTo(target, next, seen);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

/**
 * Options: `table`, a row per folder with the folders and the groups of packages that its files may import, and
 * `packages`, the patterns of those groups. A package in no group may be imported anywhere.
 */
export const importRule = {
  meta: { type: "problem", schema: [{ type: "object" }] },
  create(context) {
    const [{ table, packages }] = context.options;
    const path = relative(root, context.filename);
    const folder = rowOf(table, path);
    if (folder === undefined)
      return {
        Program: (node) => context.report({ node, message: `${path} is in no folder of the table of imports.` }),
      };
    const { imports, uses } = table[folder];

    function problemWith(name) {
      if (!name.startsWith(".")) {
        const group = Object.keys(packages).find((group) => new RegExp(packages[group]).test(name));
        return group && !uses.includes(group) && `${folder} uses no package for ${group}.`;
      }
      const target = join(dirname(path), name);
      if (!isCode(target)) return undefined;
      const row = rowOf(table, target);
      if (row !== folder && !imports.some((allowed) => isIn(target, allowed)))
        return `${folder} may not import from ${row ?? dirname(target)}.`;
      const way = wayTo(path, target);
      return way && `This import closes a circle: ${[path, ...way].join(" → ")}.`;
    }
    const check = (source) => {
      if (typeof source?.value !== "string") return;
      const message = problemWith(source.value);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      TSImportType: ({ source }) => check(source),
      // `declare module "../schema.ts"` adds to the types of a file.
      TSModuleDeclaration: ({ id }) => check(id),
    };
  },
};
