import { idOf, useEditor } from "../context.ts";
import { Notes } from "./fields.tsx";

/** Several of a few choices. */
export function Boxes(props: {
  path: string;
  label: string;
  boxes: { value: string; text: string }[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const { path, label, boxes, chosen, onChange } = props;
  const { messageOf } = useEditor();
  const id = idOf(path);
  const error = messageOf(path);
  return (
    <fieldset className="field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="editor-label">{label}</legend>
      <div className="editor-boxes">
        {boxes.map(({ value, text }, at) => (
          <label key={value}>
            <input
              id={at === 0 ? id : undefined}
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, value] : chosen.filter((other) => other !== value))
              }
            />
            {text}
          </label>
        ))}
      </div>
      <Notes id={id} error={error} />
    </fieldset>
  );
}
