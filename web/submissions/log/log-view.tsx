import { useState } from "react";
import { useTexts } from "../texts.ts";
import { containers, type Container } from "./log-book.ts";
import { LogPanel } from "./log-panel.tsx";
import { useLog } from "./use-log.ts";

interface LogProps {
  /** The run. */
  id: number;
  isOver: boolean;
  /** Why there may be nothing: its files were deleted. */
  isDeleted: boolean;
  /** The container whose output says why the run failed. */
  failed: Container | null;
  /** The containers that are known to have printed, before their logs are here: so nothing moves when they are. */
  known: readonly Container[];
  /** The container that is chosen, if one is. */
  chosen: string | undefined;
  onChoose: (container: Container) => void;
}

/** What the containers of a run print, while they do and afterwards. */
export function LogView({ id, isOver, isDeleted, failed, known, chosen, onChoose }: LogProps) {
  const { log: t } = useTexts();
  const { book, error } = useLog(id);
  const [wasLive] = useState(!isOver);
  const { printed: read } = book;
  const printed = containers.filter((one) => read.includes(one) || known.includes(one));
  const usual = printed.includes("prediction") ? "prediction" : (printed.at(-1) ?? "prediction");
  const container = containers.find((one) => one === chosen) ?? failed ?? (wasLive ? book.latest : null) ?? usual;
  const isLive = !isOver || !book.complete;
  return (
    <LogPanel
      logs={containers
        .filter((one) => one === container || printed.includes(one))
        .map((name) => ({ name, words: t.names[name] }))}
      label={t.containers}
      chosen={container}
      onChoose={onChoose}
      lines={book.linesOf(container)}
      version={book.version}
      isLive={isLive}
      startsAtEnd={!isOver || failed !== null}
      empty={isLive ? (isOver ? t.loading : t.waiting) : isDeleted ? t.deleted : t.nothing}
      error={error}
      fileName={`submission-${id}-${container}.log`}
    />
  );
}
