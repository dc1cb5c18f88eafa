import type { Answer } from "./route.ts";

/** HTML that is safe to send, because every value in its template was escaped. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A template tag for HTML. It escapes texts, but not values that are `Html` already. */
export const html = (strings: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html =>
  new Html(strings.reduce((text, string, i) => text + insert(values[i - 1]!) + string));

const insert = (value: string | Html | Html[]): string =>
  Array.isArray(value) ? value.map(insert).join("") : value instanceof Html ? value.text : escape(value);

/** A complete page. Its security policy allows no scripts, and forms only to this site. */
export function page(title: string, content: Html): Answer {
  const document = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" /><title>${title} - Benchstack</title>
      <style>
        :root {
          color-scheme: light dark;
        }
        body {
          font:
            16px/1.5 system-ui,
            sans-serif;
          max-width: 24rem;
          margin: 4rem auto;
          padding: 0 1rem;
        }
        input,
        button {
          font: inherit;
          padding: 0.5rem;
          width: 100%;
          box-sizing: border-box;
        }
        [role="alert"] {
          color: #c33;
        }
      </style>
      <h1>${title}</h1>
      ${content}
    </html>`;
  return {
    status: 200,
    body: document.text,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      // The addresses of some pages have the token of a mail. With `no-referrer`, browsers would also leave the origin out of the
      // pages' own forms, which are then refused as forged.
      "referrer-policy": "same-origin",
    },
  };
}
