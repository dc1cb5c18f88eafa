import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { SettingsCard } from "../account/settings-card.tsx";
import { AccountForm, messageOf } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Field } from "../design/field.tsx";
import { MarkdownEditor } from "../markup/markdown-editor.tsx";
import { PhotoField, type ChosenPhoto } from "../people/photo-field.tsx";
import { organizationQuery, type Organization } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/settings/profiles/organization/$id/edit");
const links = ["website_url", "github_url", "linkedin_url", "twitter_url"] as const;

export function CreateOrganizationPage() {
  const t = useTexts();
  return <OrganizationForm title={t.create} organization={null} />;
}

export function EditOrganizationPage() {
  const { data } = useSuspenseQuery(organizationQuery(Number(route.useParams().id)));
  return <OrganizationForm title={data.name} organization={data} />;
}

function OrganizationForm({ title, organization }: { title: string; organization: Organization | null }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user } = useSession();
  const [photo, setPhoto] = useState<ChosenPhoto>();
  const [description, setDescription] = useState(organization?.description ?? "");
  const save = useMutation({
    mutationFn: ({ name = "", email = "", ...values }: Record<string, string>) => {
      const body = { ...values, name, email, description, ...(photo !== undefined && { photo }) };
      return organization
        ? ask(api.PATCH("/api/organizations/{id}/", { params: { path: { id: organization.id } }, body }))
        : ask(api.POST("/api/organizations/", { body }));
    },
    onSuccess: async ({ id }) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["organizations"] }),
        client.invalidateQueries({ queryKey: ["organization", id] }),
      ]);
      await navigate({ to: "/profiles/organization/$id/", params: { id: String(id) } });
    },
  });
  const labels = { website_url: t.website, github_url: "GitHub", linkedin_url: "LinkedIn", twitter_url: "Twitter" };
  return (
    <SettingsCard title={title} about={t.about}>
      <PageTitle>{title}</PageTitle>
      <AccountForm
        button={organization ? t.save : t.create}
        busy={save.isPending}
        error={save.error}
        fields={["name", "email", "location", "description", "photo", ...links]}
        onSend={(values) => save.mutate(values)}
      >
        <PhotoField
          name={organization?.name ?? t.organizations}
          current={organization?.photo ?? null}
          chosen={photo}
          onChoose={setPhoto}
          error={messageOf(save.error, "photo")}
        />
        <Field
          label={t.name}
          error={messageOf(save.error, "name")}
          name="name"
          defaultValue={organization?.name}
          maxLength={100}
          required
        />
        <Field
          label={t.mail}
          error={messageOf(save.error, "email")}
          name="email"
          type="email"
          defaultValue={organization?.email ?? user?.email}
          maxLength={200}
          required
        />
        <Field
          label={t.location}
          error={messageOf(save.error, "location")}
          name="location"
          defaultValue={organization?.location ?? ""}
          maxLength={250}
        />
        {links.map((name) => (
          <Field
            key={name}
            label={labels[name]}
            error={messageOf(save.error, name)}
            name={name}
            type="url"
            placeholder="https://"
            defaultValue={organization?.[name] ?? ""}
            maxLength={400}
          />
        ))}
        <MarkdownEditor
          label={t.description}
          hint={t.descriptionHint}
          value={description}
          onChange={setDescription}
          maxLength={4096}
          error={messageOf(save.error, "description")}
        />
      </AccountForm>
    </SettingsCard>
  );
}
