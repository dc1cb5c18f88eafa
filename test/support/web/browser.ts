/** Chromium, as people use it on a desk and on a phone, and what every page must fulfil in it. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { repository } from "../files.ts";
import { goTo, networkChanged } from "../chromium.ts";
import type { Person } from "../platform.ts";

/** Debian's package, which `.ci/run` installs. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const pictures = join(repository, "dist/screenshots");

export const themes = ["light", "dark"] as const;
type Theme = (typeof themes)[number];
export const widths = [1360, 390] as const;

export const openBrowser = (): Promise<Browser> =>
  // Tests run as root, where Chromium's own sandbox does not start.
  chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"],
  });

/** Runs in the page: sums up how far its parts move without a cause. */
const measureShifts = `globalThis.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });`;

/** A window with cookies of its own. It remembers what its pages complained about. */
export interface Window {
  context: BrowserContext;
  page: Page;
  complaints: string[];
}

/** Opens a window with the light theme. `person` is logged in. */
export async function openWindow(
  browser: Browser,
  url: string,
  options: { width?: (typeof widths)[number]; person?: Person | undefined; language?: string } = {},
): Promise<Window> {
  const { width = 1360, language = "en-GB", person } = options;
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: "light",
    viewport: { width, height: width === 390 ? 844 : 900 },
    locale: language,
    timezoneId: "Europe/Paris",
    hasTouch: width === 390,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  await page.addInitScript(measureShifts);
  if (person) await logIn(page, person);
  return { context, page, complaints };
}

/** Logs in without the form. */
async function logIn(page: Page, { username, password }: Person): Promise<void> {
  const { request } = page.context();
  await request.get("/api/session/");
  const csrf = (await page.context().cookies()).find(({ name }) => name === "csrftoken")!.value;
  const answer = await request.post("/api/session/", {
    data: { username, password },
    headers: { "x-csrftoken": csrf },
  });
  assert.equal(answer.status(), 200, await answer.text());
}

/**
 * What pages complained about, without the requests that Chromium gave up because a network came or went: pages ask again, and what
 * stays missing fails the test by itself. Other tests start containers meanwhile.
 */
export const withoutNetworkChanges = (complaints: string[]): string[] =>
  complaints.filter((line) => !line.includes(networkChanged));

/** How far parts of a page may move while it loads: Chromium's "cumulative layout shift". */
const maxShift = 0.01;

/**
 * Opens a page and waits until it is complete. Nothing may move until then. Pages that watch something always have a request on its
 * way, so they are not waited for longer than a while.
 */
export async function visit({ page, complaints }: Window, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const before = complaints.length;
    await goTo(page, path);
    await page.locator("h1").first().waitFor();
    await page.waitForLoadState("networkidle", { timeout: 5000 }).catch(() => undefined);
    if (tries === 5 || !complaints.slice(before).some((line) => line.includes(networkChanged))) break;
    complaints.length = before;
  }
  await page.evaluate("document.fonts.ready.then(() => undefined)");
  const shift = await page.evaluate<number>("globalThis.shift");
  assert(shift <= maxShift, `the layout of ${path} shifts by ${shift}`);
}

/** Changes the theme of the open page, as the setting of somebody's system does. If `isAtRest`, nothing may move. */
export async function changeTheme({ page }: Window, theme: Theme, isAtRest: boolean): Promise<void> {
  await page.evaluate("globalThis.shift = 0");
  await page.emulateMedia({ colorScheme: theme });
  // A frame is painted, and what has moved in it is told.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  const shift = await page.evaluate<number>("globalThis.shift");
  assert(!isAtRest || shift <= maxShift, `the layout shifts by ${shift} when the theme becomes ${theme}`);
}

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/**
 * What every page must fulfil: no complaint of the browser about scripts, styles or its security policy, nothing that axe finds, and no
 * sideways scrolling. Keeps a picture, except in CI, where nobody looks at it. `refused` are statuses of requests that fail as they
 * should.
 */
export async function checkPage(window: Window, name: string, refused: number[] = []): Promise<void> {
  const { page, complaints } = window;
  if (!process.env["CI"]) {
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }
  const overflow = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  const violations = await runAxe(page);
  const found = [
    // Browsers write a line for each request that was refused.
    ...complaints.filter(
      (line) => !refused.some((status) => line.includes(`the server responded with a status of ${status}`)),
    ),
    ...violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `axe ${id}: ${node.html} ${node.failureSummary ?? ""}`),
    ),
    ...(overflow > 0 ? [`the page is ${overflow} pixels too wide`] : []),
  ];
  assert.deepEqual(found, []);
}

/** Runs axe in a world of its own, which the page's security policy does not concern. */
async function runAxe(page: Page): Promise<Violation[]> {
  const session = await page.context().newCDPSession(page);
  try {
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
      frameId: frameTree.frame.id,
      worldName: "axe",
    });
    const expression = `${await readFile(axe, "utf8")};axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }).then(({ violations }) => JSON.stringify(violations))`;
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression,
      contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`axe failed: ${exceptionDetails.text}`);
    return JSON.parse(String(result.value)) as Violation[];
  } finally {
    await session.detach();
  }
}
