import { useQueryClient } from "@tanstack/react-query";
import { PermissionsDialog } from "../permissions-dialog.tsx";
import { worksheetQuery } from "../queries.ts";
import type { Worksheet } from "../types.ts";
import type { Asked } from "./head.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { DeleteDialog, SettingsDialog } from "./settings-dialog.tsx";

/** The dialog that somebody has opened. */
export function Dialogs(props: {
  asked: Exclude<Asked, "upload">;
  worksheet: Worksheet;
  canEdit: boolean;
  keysOn: boolean;
  onTurnKeys: (isOn: boolean) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const { asked, worksheet, canEdit, keysOn, onTurnKeys, onClose } = props;
  switch (asked) {
    case "help":
      return <HelpDialog canEdit={canEdit} isOn={keysOn} onTurn={onTurnKeys} onClose={onClose} />;
    case "settings":
      return <SettingsDialog worksheet={worksheet} onClose={onClose} />;
    case "delete":
      return <DeleteDialog worksheet={worksheet} onClose={onClose} />;
    case "share":
      return (
        <PermissionsDialog
          kind="worksheet"
          uuid={worksheet.uuid}
          permissions={worksheet.group_permissions}
          onChange={() => client.invalidateQueries({ queryKey: worksheetQuery(worksheet.uuid).queryKey })}
          onClose={onClose}
        />
      );
  }
}
