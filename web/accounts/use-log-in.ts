import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { becomes, logIn, logInWithPasskey } from "../api/session.ts";

/** Addresses of the API, which the browser loads whole. */
const ofApi = /^\/(?:api|accounts\/sign-in)\//;

type Credentials = Parameters<typeof logIn>[0];

/** Logs in with a password or a passkey, and opens the page on which the person was. */
export function useLogIn(next: string | undefined) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (shown: Credentials | "passkey") => (shown === "passkey" ? logInWithPasskey() : logIn(shown)),
    onSuccess: async (session) => {
      await becomes(client, session);
      await goTo(router, next);
    },
  });
}

export async function goTo(router: ReturnType<typeof useRouter>, next = "/"): Promise<void> {
  if (ofApi.test(next)) location.assign(next);
  else {
    await router.navigate({ href: next });
    await router.invalidate();
  }
}
