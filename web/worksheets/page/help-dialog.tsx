import { Check } from "../../design/field.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { useEditingTexts } from "./editing-texts.ts";

/** The keys of the page. */
export function HelpDialog(props: {
  canEdit: boolean;
  isOn: boolean;
  onTurn: (isOn: boolean) => void;
  onClose: () => void;
}) {
  const t = useEditingTexts();
  const { canEdit, isOn, onTurn, onClose } = props;
  const keys = canEdit ? [...t.keys.reading, ...t.keys.editing] : t.keys.reading;
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      <dl className="sheet-keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(" / ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Check label={t.keys.on} checked={isOn} onChange={({ target }) => onTurn(target.checked)} />
      <form method="dialog" className="dialog-actions">
        <button className="button">{t.close}</button>
      </form>
    </Dialog>
  );
}
