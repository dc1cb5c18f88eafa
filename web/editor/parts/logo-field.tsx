import { useState } from "react";
import { useConfig } from "../../api/session.ts";
import { bytes } from "../../app/format.ts";
import { idOf, useEditor } from "../context.ts";
import type { Picture } from "../state/form.ts";
import { useTexts } from "../texts.ts";
import { Notes } from "./fields.tsx";
import { dataUrl } from "../../upload/data-url.ts";

/** The picture of the competition: the one that is there, until another is chosen. */
export function LogoField(props: {
  current: string | null;
  value: Picture | null;
  onChange: (logo: Picture | null) => void;
}) {
  const { current, value, onChange } = props;
  const t = useTexts();
  const { messageOf } = useEditor();
  const { max_picture_bytes: most } = useConfig().limits;
  const [isTooLarge, setTooLarge] = useState(false);
  const id = idOf("logo");
  const shown = value?.data ?? current;
  const error = isTooLarge ? t.logoTooLarge(bytes(most)) : messageOf("logo");
  return (
    <div className="field">
      <span className="editor-label">{t.fields.logo}</span>
      <div className="editor-logo">
        {shown ? <img src={shown} alt="" width={80} height={80} /> : <span className="editor-logo-none" />}
        <div className="editor-part-tools">
          <label className="button editor-file">
            {shown ? t.otherLogo : t.chooseLogo}
            <input
              id={id}
              type="file"
              accept="image/png,image/jpeg,image/gif,image/webp"
              aria-describedby={`${id}-hint${error ? ` ${id}-error` : ""}`}
              aria-invalid={error ? true : undefined}
              onChange={({ target }) => {
                const file = target.files?.[0];
                target.value = "";
                if (!file) return;
                setTooLarge(file.size > most);
                if (file.size <= most) void dataUrl(file).then((data) => onChange({ file_name: file.name, data }));
              }}
            />
          </label>
          {value && current && (
            <button type="button" className="button" onClick={() => onChange(null)}>
              {t.keepLogo}
            </button>
          )}
        </div>
      </div>
      <Notes id={id} hint={t.logoHint(bytes(most))} error={error} />
    </div>
  );
}
