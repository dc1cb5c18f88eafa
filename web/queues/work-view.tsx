import { useQuery } from "@tanstack/react-query";
import { Command, Tokens } from "./tokens.tsx";
import { Figures } from "./figures.tsx";
import { Quarantine } from "./quarantine.tsx";
import { commandKey, isServedByPlatform, type Queue, type QueueStatus, type WorkerCommand } from "./queries.ts";
import { Workers } from "./workers.tsx";

/** What waits and runs, who runs it, and what went wrong. Where no worker is, the command that starts one comes first. */
export function WorkView(props: { queue: Queue; status: QueueStatus; page: number | undefined }) {
  const { queue, status, page } = props;
  const { data: command } = useQuery<WorkerCommand>({ queryKey: commandKey(queue.id), enabled: false });
  const needsWorker = status.workers.length === 0 && !isServedByPlatform(queue);
  return (
    <>
      {(command || needsWorker) && <Command queue={queue} command={command} />}
      <Figures status={status} />
      {!needsWorker && <Workers queue={queue} workers={status.workers} />}
      {queue.permissions.edit && <Quarantine queue={queue} page={page ?? 1} />}
      {queue.owner !== null && <Tokens queue={queue} />}
    </>
  );
}
