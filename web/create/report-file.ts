import type { Problem } from "./queries.ts";
import { lineInMessage, lineOfPath } from "./yaml-lines.ts";

/** Saves a report as a text, to send to whoever wrote the bundle. */
export function downloadReport(name: string, yaml: string | null, problems: Problem[]): void {
  const lines = problems.map(({ severity, code, path, message }) => {
    const line = yaml === null ? undefined : (lineOfPath(yaml, path) ?? lineInMessage(message));
    const place = [line === undefined ? "" : `line ${line + 1}`, path].filter(Boolean).join(", ");
    return `${severity} ${code}${place && ` (${place})`}: ${message}\n`;
  });
  const url = URL.createObjectURL(new Blob([`${name}\n\n`, ...lines], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replace(/\.zip$/i, "")}-report.txt`;
  link.click();
  URL.revokeObjectURL(url);
}
