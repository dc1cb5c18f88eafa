import { api, ask } from "../../api/client.ts";
import { oneOf } from "../../app/search-params.ts";
import { Check, Field, Select, TextArea } from "../../design/field.tsx";
import { given } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import type { Administered } from "./queries.ts";
import { useTexts } from "./texts.ts";

const listings = ["listed", "unlisted", "withheld"] as const;

/** What administrators decide about a competition. */
export function CompetitionActions({ competition }: { competition: Administered }) {
  const t = useTexts();
  const { save, delete: remove } = useAdminTexts();
  const { id, title, is_featured: isFeatured, listing, listing_reason: reason } = competition;
  return (
    <div className="admin-actions">
      <Action
        label={t.decide}
        about={title}
        title={t.decideTitle(title)}
        submit={save}
        run={async (form) => {
          const why = given(form, "reason");
          await ask(
            api.PUT("/api/competitions/{id}/moderation/", {
              params: { path: { id } },
              body: {
                is_featured: form.has("featured"),
                listing: oneOf(form.get("listing"), listings) ?? listing,
                ...(why === null ? {} : { listing_reason: why }),
              },
            }),
          );
        }}
      >
        <Check label={t.feature} name="featured" defaultChecked={isFeatured} />
        <Select
          label={t.listing}
          name="listing"
          defaultValue={listing}
          choices={listings.map((one) => [one, t.listingsLong[one]] as const)}
        />
        <TextArea label={t.reason} name="reason" maxLength={1000} defaultValue={reason ?? ""} />
      </Action>
      <Action
        label={t.handOver}
        about={title}
        title={t.handOverTitle(title)}
        submit={t.handOver}
        run={async (form) => {
          const to = given(form, "to") ?? "";
          await ask(
            api.POST("/api/account/hand-overs/", { body: { kind: "competition", id: String(id), to, at_once: true } }),
          );
        }}
      >
        <p>{t.handOverAbout}</p>
        <Field label={t.to} name="to" required maxLength={254} autoComplete="off" />
      </Action>
      <Action
        label={remove}
        about={title}
        title={t.deleteTitle(title)}
        submit={remove}
        isDangerous
        run={() => ask(api.DELETE("/api/competitions/{id}/", { params: { path: { id } } }))}
      >
        <p>{t.deleteAbout}</p>
      </Action>
    </div>
  );
}
