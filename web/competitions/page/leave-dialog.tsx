import { useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import type { Competition } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** Asks before somebody takes part no longer, or takes their request back. */
export default function LeaveDialog({ competition, onClose }: { competition: Competition; onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { id, title, participant_status: status } = competition;
  const isPending = status === "pending";
  return (
    <ConfirmDialog
      title={isPending ? t.takeBackTitle : t.leaveTitle(title)}
      action={isPending ? t.takeBack : t.leave}
      keep={t.stay}
      onConfirm={async () => {
        await ask(api.DELETE("/api/competitions/{id}/register/", { params: { path: { id } } }));
        await Promise.all(
          ["competition", "submissions", "leaderboard"].map((key) => client.invalidateQueries({ queryKey: [key] })),
        );
      }}
      onClose={onClose}
    >
      <p>{isPending ? t.takeBackAbout : t.leaveAbout}</p>
    </ConfirmDialog>
  );
}
