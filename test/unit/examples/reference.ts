import { readFileSync } from "node:fs";

export type Row = Record<string, string>;

/** The rows of a CSV file without quotes, by column. */
export function readCsv(path: string): Row[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, n) => [names[n], value])));
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Squared differences between the truth and what `guess` says for the station and day of each row. */
const squares = (truth: Row[], guess: (row: Row) => number): number[] =>
  truth.map((row) => (Number(row.temperature) - guess(row)) ** 2);

function squaresOf(truth: Row[], forecast: Row[]): number[] {
  const by = new Map(forecast.map((row) => [`${row.station} ${row.date}`, Number(row.temperature)]));
  return squares(truth, ({ station, date }) => by.get(`${station} ${date}`) ?? NaN);
}

export const rootMeanSquareError = (truth: Row[], forecast: Row[]): number => Math.sqrt(mean(squaresOf(truth, forecast)));

export const skill = (truth: Row[], forecast: Row[]): number =>
  1 - mean(squaresOf(truth, forecast)) / mean(squares(truth, (row) => Number(row.monthly_mean)));

/** True and predicted class of each row. */
function pairs(truth: Row[], predicted: Row[]): [string, string][] {
  const by = new Map(predicted.map(({ id, label }) => [id, label ?? ""]));
  return truth.map(({ id, label }) => [label ?? "", by.get(id) ?? ""]);
}

export const accuracy = (truth: Row[], predicted: Row[]): number =>
  mean(pairs(truth, predicted).map(([actual, given]) => Number(actual === given)));

export function macroF1(truth: Row[], predicted: Row[]): number {
  const all = pairs(truth, predicted);
  const classes = [...new Set(truth.map(({ label }) => label))];
  return mean(
    classes.map((name) => {
      const count = (actual: boolean, given: boolean) =>
        all.filter(([a, g]) => (a === name) === actual && (g === name) === given).length;
      return (2 * count(true, true)) / (2 * count(true, true) + count(false, true) + count(true, false));
    }),
  );
}
