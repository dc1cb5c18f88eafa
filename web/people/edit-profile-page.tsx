import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { SettingsCard } from "../account/settings-card.tsx";
import { AccountForm, messageOf } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Field } from "../design/field.tsx";
import { MarkdownEditor } from "../markup/markdown-editor.tsx";
import { PhotoField, type ChosenPhoto } from "./photo-field.tsx";
import { profileQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/settings/profiles/user/$name/edit");

const fields = ["display_name", "first_name", "last_name", "title", "location"] as const;
const links = ["personal_url", "github_url", "linkedin_url", "twitter_url"] as const;

export function EditProfilePage() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: profile } = useSuspenseQuery(profileQuery(route.useParams().name));
  const [photo, setPhoto] = useState<ChosenPhoto>();
  const [biography, setBiography] = useState(profile.biography ?? "");
  const save = useMutation({
    mutationFn: (body: Record<string, string>) =>
      ask(
        api.PATCH("/api/users/{id}/", {
          params: { path: { id: profile.id } },
          body: { ...body, biography, ...(photo !== undefined && { photo }) },
        }),
      ),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["profile", profile.username] }),
        client.fetchQuery({ ...sessionQuery, staleTime: 0 }),
      ]);
      setPhoto(undefined);
    },
  });
  const labels: Record<(typeof fields)[number] | (typeof links)[number], string> = {
    display_name: t.displayName,
    first_name: t.firstName,
    last_name: t.lastName,
    title: t.title,
    location: t.location,
    personal_url: t.website,
    github_url: "GitHub",
    linkedin_url: "LinkedIn",
    twitter_url: "Twitter",
  };
  return (
    <SettingsCard title={t.profile} about={t.about}>
      <PageTitle>{t.profile}</PageTitle>
      <AccountForm
        button={t.save}
        busy={save.isPending}
        error={save.error}
        fields={[...fields, ...links, "biography", "photo"]}
        onSend={(values) => save.mutate(values)}
      >
        <PhotoField
          name={profile.name}
          current={profile.photo}
          chosen={photo}
          onChoose={setPhoto}
          error={messageOf(save.error, "photo")}
        />
        {[...fields, ...links].map((name) => (
          <Field
            key={name}
            label={labels[name]}
            error={messageOf(save.error, name)}
            name={name}
            defaultValue={profile[name] ?? ""}
            {...(name === "display_name" && { hint: t.displayNameHint, maxLength: 60 })}
            {...(name.endsWith("_url") && { type: "url", placeholder: "https://" })}
          />
        ))}
        <MarkdownEditor
          label={t.biography}
          hint={t.biographyHint}
          value={biography}
          onChange={setBiography}
          maxLength={10_000}
          error={messageOf(save.error, "biography")}
        />
        {save.isSuccess && (
          <p role="status" className="notice good">
            {t.saved}{" "}
            <Link to="/profiles/user/$name/" params={{ name: profile.username }}>
              {t.see}
            </Link>
          </p>
        )}
      </AccountForm>
    </SettingsCard>
  );
}
