import { useEditor } from "../context.ts";
import type { Switch } from "../state/form.ts";
import { useTexts } from "../texts.ts";
import { CheckField } from "./fields.tsx";

/** A setting of the competition that is yes or no. */
export function SwitchField({ name }: { name: Switch }) {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <CheckField
      path={name}
      label={t.switches[name].label}
      hint={t.switches[name].hint}
      value={form[name]}
      onChange={(value) => change(() => ({ [name]: value }))}
    />
  );
}
