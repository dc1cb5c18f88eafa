import { texts } from "../../app/language.ts";

/** The words of files, graphs and schemas, which only some worksheets have. */
export const useDetailTexts = texts({
  en: {
    linesOf: (path: string) => `Beginning of ${path}`,
    imageOf: (path: string, bundle: string) => (path === "" ? bundle : `${path} of ${bundle}`),
    noPermission: "You may not see this file.",
    noFile: "There is no such file yet.",
    noImage: "This file is no image.",
    graphLabel: (names: string, x: string | null, y: string | null) =>
      `Graph${y === null ? "" : ` of ${y}`}${x === null ? "" : ` over ${x}`}, with a line for each of: ${names}. The values are listed below.`,
    values: "Values",
    nothingToDraw: (names: string) => `There are no points to draw yet: ${names}`,
    column: "Column",
    genpath: "Value",
    post: "Shown as",
    schema: "Schema",
  },
  fr: {
    linesOf: (path) => `Début de ${path}`,
    imageOf: (path, bundle) => (path === "" ? bundle : `${path} de ${bundle}`),
    noPermission: "Vous ne pouvez pas voir ce fichier.",
    noFile: "Ce fichier n’existe pas encore.",
    noImage: "Ce fichier n’est pas une image.",
    graphLabel: (names, x, y) =>
      `Graphique${y === null ? "" : ` de ${y}`}${x === null ? "" : ` selon ${x}`}, avec une ligne pour chacun : ${names}. Les valeurs sont listées dessous.`,
    values: "Valeurs",
    nothingToDraw: (names) => `Il n’y a pas encore de points à dessiner : ${names}`,
    column: "Colonne",
    genpath: "Valeur",
    post: "Affichée comme",
    schema: "Schéma",
  },
});
