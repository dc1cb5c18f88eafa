import { useMutation } from "@tanstack/react-query";
import { AccountForm } from "./account-form.tsx";
import { MailField } from "./fields.tsx";
import { useTexts } from "./texts.ts";

/** Asks for a mail with a link, and shows the server's answer. */
export function MailRequest(props: { about: string; send: (email: string) => Promise<{ detail: string }> }) {
  const t = useTexts();
  const request = useMutation({ mutationFn: props.send });
  if (request.data)
    return (
      <p role="status" className="notice good">
        {request.data.detail}
      </p>
    );
  return (
    <>
      <p>{props.about}</p>
      <AccountForm
        button={t.sendLink}
        busy={request.isPending}
        error={request.error}
        fields={["email"]}
        onSend={({ email = "" }) => request.mutate(email)}
      >
        <MailField label={t.mail} error={request.error} />
      </AccountForm>
    </>
  );
}
