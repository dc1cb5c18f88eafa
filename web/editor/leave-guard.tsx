import { useBlocker } from "@tanstack/react-router";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { useTexts } from "./texts.ts";

/** Asks before the page is left with something that is not saved. Sections are the same page. */
export function LeaveGuard({ isOn }: { isOn: boolean }) {
  const t = useTexts();
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => isOn && current.pathname !== next.pathname,
    enableBeforeUnload: () => isOn,
    withResolver: true,
  });
  if (leaving.status !== "blocked") return null;
  return (
    <ConfirmDialog
      title={t.leaveTitle}
      action={t.leave}
      keep={t.stay}
      onConfirm={() => Promise.resolve(leaving.proceed())}
      onClose={leaving.reset}
    >
      <p>{t.leaveAbout}</p>
    </ConfirmDialog>
  );
}
