/** What a script with a cookie jar does, such as one on Python's requests. */
export class Browser {
  readonly #url: string;
  readonly cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async request(
    method: string,
    path: string,
    init: { form?: Record<string, string>; json?: unknown; headers?: Record<string, string> } = {},
  ) {
    const body = init.form
      ? new URLSearchParams(init.form)
      : init.json === undefined
        ? undefined
        : JSON.stringify(init.json);
    const response = await fetch(this.#url + path, {
      method,
      redirect: "manual",
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(init.json === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      this.cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Logs in as the form does. */
  async logIn({ username, password }: { username: string; password: string }, next = "/") {
    await this.request("GET", "/accounts/login/");
    const csrfmiddlewaretoken = this.cookies.get("csrftoken")!;
    return this.request("POST", "/accounts/login/", { form: { username, password, next, csrfmiddlewaretoken } });
  }
}
