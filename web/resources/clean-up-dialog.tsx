import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";
import { bytes, number } from "../app/format.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { cleanupQuery, type Cleanup } from "./queries.ts";
import { useStorageTexts } from "./storage-texts.ts";
import { useTexts } from "./texts.ts";

/** Shows what a clean-up would delete, and deletes it. What is in use by then stays. */
export function CleanUpDialog(props: { what: Cleanup; onCleaned: () => Promise<unknown>; onClose: () => void }) {
  const t = useStorageTexts();
  const common = useTexts();
  const { what, onCleaned, onClose } = props;
  const { data, error } = useQuery({ ...cleanupQuery(what), staleTime: 0 });
  return (
    <ConfirmDialog
      title={t.cleanups[what]}
      action={data ? t.deleteThem(data.count, number(data.count), bytes(data.bytes)) : common.delete}
      isReady={data !== undefined}
      onConfirm={async () => {
        // A request deletes a thousand things at most.
        for (let isAll = false; !isAll;)
          ({ is_all: isAll } = await ask(api.POST("/api/storage/cleanup/{what}/", { params: { path: { what } } })));
        await onCleaned();
      }}
      onClose={onClose}
    >
      <p className="quiet">{t.cleanupsAbout[what]}</p>
      {data && (
        <>
          <ul className="resources-list">
            {data.results.map(({ id, name, bytes: size }) => (
              <li key={id}>
                {name} <span className="small quiet numbers">{bytes(size)}</span>
              </li>
            ))}
          </ul>
          {data.count > data.results.length && <p className="quiet">{common.more(data.count - data.results.length)}</p>}
        </>
      )}
      {error && <ErrorNotice error={error} />}
    </ConfirmDialog>
  );
}
