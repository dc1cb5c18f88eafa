import type { Answer } from "./route.ts";

/** A piece of HTML that is safe to send: everything that was put into its template is escaped. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Writes HTML; texts in it are escaped, other pieces of HTML are not. */
export const html = (strings: TemplateStringsArray, ...values: (string | Html)[]): Html =>
  new Html(strings.reduce((text, string, i) => text + insert(values[i - 1]!) + string));

const insert = (value: string | Html) => (value instanceof Html ? value.text : escape(value));

/** A page of the server's own: it runs no script, and posts to nobody else. */
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
      "x-content-type-options": "nosniff",
    },
  };
}
