import { useEditor } from "../context.ts";
import { ChoiceField, Group, TextField } from "../parts/fields.tsx";
import { LogoField } from "../parts/logo-field.tsx";
import { useTexts } from "../texts.ts";

/** What the competition is called and what people see of it in lists. */
export function Details({ logo }: { logo: string | null }) {
  const t = useTexts();
  const { form, change } = useEditor();
  const text = (name: "title" | "description" | "reward" | "contact_email" | "report") => ({
    path: name,
    label: t.fields[name],
    value: form[name],
    onChange: (value: string) => change(() => ({ [name]: value })),
  });
  return (
    <Group title={t.sections.details}>
      <TextField {...text("title")} maxLength={256} />
      <TextField {...text("description")} hint={t.hints.description} />
      <LogoField current={logo} value={form.logo} onChange={(logo) => change(() => ({ logo }))} />
      <div className="editor-pair">
        <ChoiceField
          path="competition_type"
          label={t.fields.competition_type}
          hint={t.hints.competition_type}
          value={form.competition_type}
          choices={[
            { value: "competition", text: t.competition },
            { value: "benchmark", text: t.benchmark },
          ]}
          onChange={(competition_type) => change(() => ({ competition_type }))}
        />
        <TextField {...text("reward")} hint={t.hints.reward} maxLength={256} />
        <TextField {...text("contact_email")} hint={t.hints.contact_email} type="email" maxLength={256} />
        <TextField {...text("report")} hint={t.hints.report} type="url" maxLength={1000} />
      </div>
    </Group>
  );
}
