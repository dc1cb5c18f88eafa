import { useEditor } from "../context.ts";
import { Group, LinesField, MarkdownField } from "../parts/fields.tsx";
import { SwitchField } from "../parts/switch-field.tsx";
import { useTexts } from "../texts.ts";

/** Who may see the competition, and who takes part under which terms. */
export function Participation() {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <>
      <Group title={t.whoTakesPart}>
        <SwitchField name="published" />
        <SwitchField name="registration_auto_approve" />
        <LinesField
          path="whitelist_emails"
          label={t.fields.whitelist_emails}
          hint={t.hints.whitelist_emails}
          value={form.whitelist_emails}
          onChange={(whitelist_emails) => change(() => ({ whitelist_emails }))}
        />
        <SwitchField name="teams_share_limits" />
        <SwitchField name="allow_robot_submissions" />
        <SwitchField name="can_participants_make_submissions_public" />
        <SwitchField name="forum_enabled" />
      </Group>
      <Group title={t.fields.terms} about={t.hints.terms}>
        <MarkdownField
          path="terms"
          label={t.fields.terms}
          value={form.terms}
          rows={12}
          onChange={(terms) => change(() => ({ terms }))}
        />
      </Group>
    </>
  );
}
