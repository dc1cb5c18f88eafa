import { afterAll, it } from "@jest/globals";
import type { Person } from "../platform.ts";
import { changeTheme, checkPage, openWindow, themes, visit, widths, type Window } from "./browser.ts";
import type { WebFixture } from "./fixture.ts";

/** A page to check in every look. */
export interface PageCheck {
  /** The name of its pictures in `dist/screenshots`. */
  name: string;
  path: string | ((fixture: WebFixture) => string);
  /** Who looks at it; by default nobody who is logged in. */
  as?: (fixture: WebFixture) => Person;
  /** What happens on the page before it is checked: a dialog is opened, a form is sent. */
  then?: (window: Window, fixture: WebFixture) => Promise<void>;
  /** Requests that the page must answer with a sentence: statuses of the API. */
  refused?: number[];
}

/**
 * Tests that check pages in both themes, on a desk and on a phone. A page is loaded once for each width, because what moves while it
 * loads depends on that, and its theme changes while it is open. People keep their windows from page to page.
 */
export function checkPages(fixture: () => WebFixture, pages: PageCheck[]): void {
  const windows = new Map<string, Promise<Window>>();
  afterAll(async () => {
    for (const window of windows.values()) await (await window).context.close();
  });
  for (const { name, path, as, then, refused = [] } of pages)
    for (const width of widths)
      it(`${name}, ${width} pixels, ${themes.join(" and ")}`, async () => {
        const { browser, platform } = fixture();
        const person = as?.(fixture());
        const key = `${width} ${person?.username}`;
        if (!windows.has(key)) windows.set(key, openWindow(browser, platform.url, { width, person }));
        const window = await windows.get(key)!;
        window.complaints.length = 0;
        await window.page.emulateMedia({ colorScheme: themes[0] });
        await visit(window, typeof path === "string" ? path : path(fixture()));
        await then?.(window, fixture());
        for (const theme of themes) {
          // What was pressed may still open something. Whatever is not pressed is complete.
          if (theme !== themes[0]) await changeTheme(window, theme, then === undefined);
          await checkPage(window, `${name}-${theme}-${width}`, refused);
        }
      });
}
