import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { Markdown } from "../../markup/markdown.tsx";
import type { Competition } from "../queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id");

/** Asks for consent to the terms, and joins. */
export default function JoinDialog({ competition, onClose }: { competition: Competition; onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { secret_key } = route.useSearch();
  const { id, terms, title } = competition;
  const [accepts, setAccepts] = useState(terms.trim() === "");
  return (
    <ConfirmDialog
      title={t.joinTitle(title)}
      action={t.join}
      isSafe
      isReady={accepts}
      onConfirm={async () => {
        const body = secret_key ? { secret_key } : {};
        await ask(api.POST("/api/competitions/{id}/register/", { params: { path: { id } }, body }));
        await client.invalidateQueries({ queryKey: ["competition", id] });
      }}
      onClose={onClose}
    >
      {terms.trim() !== "" && (
        <>
          <div className="join-terms" tabIndex={0} role="region" aria-label={t.terms}>
            <Markdown source={terms} />
          </div>
          <label className="join-accept">
            <input type="checkbox" checked={accepts} onChange={({ target }) => setAccepts(target.checked)} />
            {t.accept}
          </label>
        </>
      )}
    </ConfirmDialog>
  );
}
