import { useEditor } from "../context.ts";
import { MarkdownField, PartProblem, TextField } from "../parts/fields.tsx";
import { PartCards } from "../parts/part-card.tsx";
import { newPage } from "../state/form.ts";
import { useTexts } from "../texts.ts";

/** The texts about the competition, in the order in which people see them. */
export function Pages() {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <>
      {form.pages.length === 0 && <p className="card editor-group quiet">{t.noPages}</p>}
      <PartCards
        path="pages"
        parts={form.pages}
        canBeEmpty
        nameOf={({ title }) => title || t.newPage}
        onChange={(pages) => change(() => ({ pages }))}
      >
        {(page, at, onChange) => (
          <>
            <TextField
              path={`pages[${at}].title`}
              label={t.fields.title}
              value={page.title}
              maxLength={255}
              onChange={(title) => onChange({ title })}
            />
            <MarkdownField
              path={`pages[${at}].content`}
              label={t.fields.content}
              hint={t.hints.content}
              value={page.content}
              rows={16}
              onChange={(content) => onChange({ content })}
            />
          </>
        )}
      </PartCards>
      <PartProblem path="pages" />
      <p>
        <button
          type="button"
          className="button"
          onClick={() => change(({ pages }) => ({ pages: [...pages, newPage()] }))}
        >
          {t.addPage}
        </button>
      </p>
    </>
  );
}
