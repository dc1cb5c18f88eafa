import { Check, Field, TextArea } from "../../design/field.tsx";
import { useTexts } from "./texts.ts";

/** What a ban needs. `banOf` reads it. */
export function BanFields() {
  const { ban: t } = useTexts();
  return (
    <>
      <p>{t.about}</p>
      <TextArea label={t.reason} name="reason" required minLength={3} maxLength={1000} />
      <Field label={t.until} name="until" type="datetime-local" />
      <Check label={t.cancel} name="cancel" />
    </>
  );
}
