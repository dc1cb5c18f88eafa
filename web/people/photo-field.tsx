import "./photo-field.css";
import { useState } from "react";
import { useConfig } from "../api/session.ts";
import { bytes } from "../app/format.ts";
import { Avatar } from "./avatar.tsx";
import { useTexts } from "./texts.ts";
import { dataUrl } from "../upload/data-url.ts";

/** A picture as the API takes it. Null removes the one that is there; undefined leaves it. */
export type ChosenPhoto = { file_name: string; data: string } | null | undefined;

/** Chooses a photo and shows what it looks like, before it is saved. */
export function PhotoField(props: {
  name: string;
  current: string | null;
  chosen: ChosenPhoto;
  onChoose: (chosen: ChosenPhoto) => void;
  error?: string | undefined;
}) {
  const t = useTexts();
  const { name, current, chosen, onChoose, error } = props;
  const { max_picture_bytes: most } = useConfig().limits;
  const [isTooLarge, setTooLarge] = useState(false);
  const shown = chosen === undefined ? current : (chosen?.data ?? null);
  const problem = isTooLarge ? t.tooLarge(bytes(most)) : error;
  return (
    <div className="photo-field">
      <Avatar name={name} photo={shown} size="large" />
      <div className="photo-field-words">
        <p>{t.photo}</p>
        <div className="photo-field-actions">
          <label className="button">
            {t.choosePhoto}
            <input
              type="file"
              className="hidden"
              accept="image/png,image/jpeg,image/webp"
              onChange={({ target }) => {
                const file = target.files?.[0];
                target.value = "";
                if (!file) return;
                setTooLarge(file.size > most);
                if (file.size <= most) void dataUrl(file).then((data) => onChoose({ file_name: file.name, data }));
              }}
            />
          </label>
          {shown !== null && (
            <button type="button" className="button" onClick={() => onChoose(null)}>
              {t.removePhoto}
            </button>
          )}
        </div>
        <span className="small quiet">{t.photoHint(bytes(most))}</span>
        {problem && (
          <span role="alert" className="notice bad small">
            {problem}
          </span>
        )}
      </div>
    </div>
  );
}
