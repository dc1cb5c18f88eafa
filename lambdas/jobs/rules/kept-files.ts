/** The files of an attempt that are kept when its report arrives. */
import { artifacts, type JobSpec, type StreamName } from "../../../contract/job.ts";

const streams: StreamName[] = ["stdout", "stderr"];

/** Prefix of all copies of an attempt's files. No upload policy covers it. */
export const copiesOf = (attemptId: string): string => `kept/${attemptId}/`;

/** How many bytes of an attempt are kept. */
export interface KeptBytes {
  /** Of outputs and collected files. */
  outputs: number;
  logs: number;
}

/** Adds up the sizes of kept files by their names. */
export const keptBytes = (files: { name: string; size: number }[]): KeptBytes => {
  const sum = (some: typeof files) => some.reduce((bytes, { size }) => bytes + size, 0);
  const isLog = ({ name }: { name: string }) => name.endsWith(".log");
  return { outputs: sum(files.filter((file) => !isLog(file))), logs: sum(files.filter(isLog)) };
};

/** Names of the files that an attempt may leave for people: outputs, collected files and whole logs. */
export const resultFiles = ({ steps }: JobSpec): string[] => {
  const names = steps.flatMap(({ name, collect, containers }) => [
    artifacts.output(name),
    ...collect.map(({ as }) => artifacts.collected(name, as)),
    ...containers.flatMap((container) => streams.map((stream) => artifacts.log(name, container.name, stream))),
  ]);
  return [...new Set(names)];
};
