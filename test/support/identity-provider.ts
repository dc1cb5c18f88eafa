import { createServer } from "node:http";
import { Provider, type Configuration } from "oidc-provider";
import { listen } from "../../gateway/listen.ts";
import { Browser } from "./browser.ts";

/** What a person is at the provider, by the name with which they log in there. */
export type Claims = Record<string, unknown>;

/** A real identity provider on this machine, with the login pages that its library brings for development. */
export interface IdentityProvider {
  issuer: string;
  people: Map<string, Claims>;
  /** Starts to answer, for clients whose redirect addresses are known by now. */
  open(clients: NonNullable<Configuration["clients"]>): void;
  /**
   * Does what a person does at the provider: logs in under a name and agrees, or gives up (null). Returns the address to which the
   * browser is sent back.
   */
  logIn(authorizationUrl: string, name: string | null): Promise<URL>;
  /** The path of each request so far. */
  requests: string[];
  close(): Promise<void>;
}

/** Listens at once, so that the platform can be told the issuer before it starts. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const people = new Map<string, Claims>();
  const requests: string[] = [];
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
  return {
    issuer,
    people,
    requests,
    open(clients) {
      const provider = new Provider(issuer, {
        clients,
        claims: {
          openid: ["sub"],
          email: ["email", "email_verified"],
          profile: ["name", "preferred_username"],
          groups: ["groups"],
        },
        scopes: ["openid", "email", "profile", "groups"],
        findAccount: (_, id) => ({ accountId: id, claims: () => Promise.resolve({ sub: id, ...people.get(id) }) }),
        pkce: { required: () => true },
      });
      const answer = provider.callback();
      server.on("request", (request, response) => {
        requests.push(request.url!.split("?")[0]!);
        void answer(request, response);
      });
    },
    async logIn(authorizationUrl, name) {
      const browser = new Browser(issuer);
      let path = authorizationUrl.slice(issuer.length);
      let answer = await browser.request("GET", path);
      for (let steps = 0; steps < 12; steps++) {
        const location = answer.headers.get("location");
        if (location !== null) {
          const url = new URL(location, issuer);
          if (url.origin !== issuer) return url;
          path = url.pathname + url.search;
          answer = await browser.request("GET", path);
          continue;
        }
        const [, prompt] = /name="prompt" value="(\w+)"/.exec(answer.text) ?? [];
        if (prompt === undefined) throw new Error(`the provider answered ${answer.status}: ${answer.text}`);
        answer =
          name === null
            ? await browser.request("GET", `${path}/abort`)
            : await browser.request("POST", path, { form: { prompt, login: name, password: "any" } });
      }
      throw new Error("the provider did not send the browser back");
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
