import { Link } from "@tanstack/react-router";
import { relative } from "../../app/format.ts";
import { Icon } from "../../design/icons.tsx";
import { Popover } from "../../design/popover.tsx";
import type { Worksheet } from "../types.ts";
import { useTexts } from "./texts.ts";

export type Asked = "settings" | "share" | "delete" | "help" | "upload";

/** What a worksheet is called, whose it is and how it stands, and what can be done with all of it. */
export function Head(props: {
  worksheet: Worksheet;
  /** Whether the reader may change what stands on it now. */
  canEdit: boolean;
  ask: (asked: Asked) => void;
  onSource: () => void;
}) {
  const t = useTexts();
  const { worksheet, canEdit, ask, onSource } = props;
  const { name, title, owner_name: owner, tags, frozen, is_anonymous: isAnonymous } = worksheet;
  const isOwn = worksheet.permission === 2;
  return (
    <header className="sheet-head">
      <div className="sheet-head-words">
        <h1>{title || name}</h1>
        <p className="small quiet sheet-head-facts">
          <code>{name}</code>
          {owner && (
            <Link to="/profiles/user/$name/" params={{ name: owner }}>
              {owner}
            </Link>
          )}
          <span>{t.changed(relative(worksheet.date_last_modified))}</span>
          {frozen && <span className="pill wait">{t.frozen}</span>}
          {isAnonymous && <span className="pill">{t.anonymous}</span>}
          {tags.map((tag) => (
            <Link key={tag} to="/worksheets/" search={{ q: `tag=${tag}` }} className="pill">
              {tag}
            </Link>
          ))}
        </p>
      </div>
      <div className="sheet-head-actions">
        {isOwn && (
          <button type="button" className="button" onClick={() => ask("share")}>
            {t.share}
          </button>
        )}
        {canEdit && (
          <button type="button" className="button" onClick={onSource}>
            {t.editSource}
          </button>
        )}
        <Popover className="sheet-menu" buttonClass="button" label={t.more} button={<Icon name="more" />}>
          <div className="menu">
            {!canEdit && (
              <button type="button" className="nav-link" onClick={onSource}>
                {t.showSource}
              </button>
            )}
            {isOwn && (
              <button type="button" className="nav-link" onClick={() => ask("settings")}>
                {t.settings}
              </button>
            )}
            <button type="button" className="nav-link" onClick={() => ask("help")}>
              {t.keyboard}
            </button>
            {isOwn && (
              <button type="button" className="nav-link sheet-danger" onClick={() => ask("delete")}>
                {t.deleteSheet}
              </button>
            )}
          </div>
        </Popover>
      </div>
    </header>
  );
}
