import { useMutation } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { useTexts } from "./texts.ts";

/** Asks for another mail with a link that confirms the address. */
export function SendAgain() {
  const t = useTexts();
  const send = useMutation({ mutationFn: () => ask(api.POST("/accounts/confirm/send/")) });
  if (send.data)
    return (
      <p role="status" className="notice good">
        {send.data.detail}
      </p>
    );
  return (
    <>
      {send.isError && <ErrorNotice error={send.error} />}
      <p>
        <button type="button" className="button" disabled={send.isPending} onClick={() => send.mutate()}>
          {t.sendAgain}
        </button>
      </p>
    </>
  );
}
