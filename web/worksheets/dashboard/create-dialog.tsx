import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useSession } from "../../api/session.ts";
import { NameDialog } from "../name-dialog.tsx";
import { createWorksheet } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** Makes a worksheet and opens it. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { user } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = async (name: string) => {
    const uuid = await createWorksheet(name);
    await client.invalidateQueries({ queryKey: ["worksheets"] });
    await navigate({ to: "/worksheets/$uuid/", params: { uuid } });
  };
  return (
    <NameDialog texts={t} placeholder={user ? `${user.username}-` : ""} onName={create} onClose={onClose}>
      <p className="small quiet">{t.createAbout}</p>
    </NameDialog>
  );
}
