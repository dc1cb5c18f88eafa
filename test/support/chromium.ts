/** Debian's browser, with a real authenticator in it, to make passkeys and to show them. */
import { existsSync } from "node:fs";
import { chromium, type CDPSession, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** What Chromium says when it gives requests up because a network of this machine came or went, as those of containers do. */
export const networkChanged = "ERR_NETWORK_CHANGED";

/** Opens an address, again if a network came or went meanwhile. */
export async function goTo(page: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await page.goto(url, { waitUntil: "load" });
      return;
    } catch (error) {
      if (tries === 5 || !(error instanceof Error && error.message.includes(networkChanged))) throw error;
    }
}

/** A page of a site, and the authenticator that its browser uses. */
export interface Authenticator {
  page: Page;
  devTools: CDPSession;
  /** Its id in the browser's developer tools. */
  id: string;
  /** Makes a passkey; returns the browser's answer as JSON. */
  create(options: unknown): Promise<Record<string, unknown>>;
  /** Shows a passkey; returns the browser's answer as JSON. */
  get(options: unknown): Promise<Record<string, unknown>>;
}

/** Starts the browser. Its authenticators keep passkeys as a telephone does, and unlock them for whoever asks. */
export async function openChromium() {
  if (!existsSync(executablePath)) throw new Error("These tests need Chromium: apt-get install chromium");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  return {
    close: () => browser.close(),
    async authenticator(url: string): Promise<Authenticator> {
      const page = await (await browser.newContext()).newPage();
      await goTo(page, url);
      const devTools = await page.context().newCDPSession(page);
      await devTools.send("WebAuthn.enable");
      const { authenticatorId: id } = await devTools.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          protocol: "ctap2",
          transport: "internal",
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      const answered = (how: "create" | "get", options: unknown) =>
        page.evaluate(
          async ([how, json]) => {
            const page = globalThis as unknown as {
              PublicKeyCredential: Record<string, (json: unknown) => unknown>;
              navigator: {
                credentials: Record<string, (options: unknown) => Promise<{ toJSON(): Record<string, unknown> }>>;
              };
            };
            const parse = how === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
            const publicKey = page.PublicKeyCredential[parse]!(json);
            return (await page.navigator.credentials[how]!({ publicKey })).toJSON();
          },
          [how, options] as const,
        );
      return {
        page,
        devTools,
        id,
        create: (options) => answered("create", options),
        get: (options) => answered("get", options),
      };
    },
  };
}
