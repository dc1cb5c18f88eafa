import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { worksheetQuery } from "../queries.ts";
import type { Dropped } from "./dropped.ts";

/** An upload that goes on, or has failed. */
export interface Sending {
  id: number;
  dropped: Dropped;
  sent: number;
  /** Null while a folder is packed. */
  all: number | null;
  error: unknown;
  stop: () => void;
}

let lastId = 0;

/** The uploads to a worksheet. Each is sent after the one before. */
export function useUploads(worksheet: string) {
  const client = useQueryClient();
  const [sendings, setSendings] = useState<Sending[]>([]);
  const [end, setEnd] = useState<Promise<void>>(Promise.resolve());
  const change = (id: number, values: Partial<Sending>) =>
    setSendings((all) => all.map((one) => (one.id === id ? { ...one, ...values } : one)));
  const remove = (id: number) => setSendings((all) => all.filter((one) => one.id !== id));

  const send = async (id: number, dropped: Dropped, signal: AbortSignal) => {
    try {
      signal.throwIfAborted();
      const { upload } = await import("./upload.ts");
      await upload(worksheet, dropped, (sent, all) => change(id, { sent, all }), signal);
      remove(id);
    } catch (error) {
      if (signal.aborted) remove(id);
      else change(id, { error });
    }
    await client.invalidateQueries({ queryKey: worksheetQuery(worksheet).queryKey });
  };

  const add = (some: readonly Dropped[]) => {
    const added = some.map((dropped) => {
      const controller = new AbortController();
      const id = ++lastId;
      const sending = { id, dropped, sent: 0, all: null, error: null, stop: () => (controller.abort(), remove(id)) };
      return { sending, signal: controller.signal };
    });
    setSendings((all) => [...all, ...added.map(({ sending }) => sending)]);
    setEnd(
      added.reduce((before, { sending, signal }) => before.then(() => send(sending.id, sending.dropped, signal)), end),
    );
  };
  const retry = ({ id, dropped }: Sending) => {
    remove(id);
    add([dropped]);
  };
  return { sendings, add, retry, remove };
}

export type Uploads = ReturnType<typeof useUploads>;
