/** What somebody does who has a keyboard and nothing else, and sees where its focus is. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";

/** More stops than any page has before what somebody wants. */
const maxStops = 300;
/** A field for a date has seven parts, each a stop. */
const maxStopsInside = 12;

/** A place at which the focus stops. */
interface Stop {
  name: string;
  /** Tells stops of one name apart. */
  id: number;
  /** Why somebody could not see that the focus is there. */
  faults: string[];
}

/** While a page still grows, what has the focus is drawn in its place a few frames later. */
const maxFrames = 60;

/** Runs in the page: where the focus is, and whether one sees it there. Null where nothing has it. */
const whereFocusIs = `(async () => {
  let stop = look();
  for (let frames = 0; stop?.faults.length && frames < ${maxFrames}; frames++) {
    await new Promise(requestAnimationFrame);
    stop = look();
  }
  return stop;
function look() {
  const at = document.activeElement;
  // A page begins at its main part, where no key leads.
  if (!at || at === document.body || at.localName === "main") return null;
  globalThis.stops ??= new Map();
  if (!stops.has(at)) stops.set(at, stops.size);
  const name = at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText || at.getAttribute("name") || "";
  // What is chosen by a picture or a name shows the focus around those.
  const isOutlined = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const around = at.closest("label");
  const faults = [];
  if (!isOutlined(at) && !(around && isOutlined(around))) faults.push("nothing is drawn around it");
  const box = [...(around ?? at).getClientRects()].find(({ width, height }) => width > 2 && height > 2);
  if (!box) faults.push("it has no size");
  else {
    const points = [0.02, 0.25, 0.5, 0.75, 0.98].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [x, y]));
    const isSeen = points.some(([x, y]) => {
      const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      return top && (at.contains(top) || top.contains(at) && top.closest("label") === around && around);
    });
    if (!isSeen) faults.push("it is outside of the window, or under something else");
  }
  return { name: at.localName + " “" + name.trim().slice(0, 60) + "”", id: stops.get(at), faults };
} })()`;

export interface Keyboard {
  /** Presses Tab until something has the focus. Fails if that never comes, or if one could not see where the focus is. */
  to(target: Locator): Promise<void>;
  /** Goes to something and presses a key there. */
  press(target: Locator, key?: string): Promise<void>;
  /** Goes to a field and types into it, in the place of what it says. */
  write(target: Locator, text: string): Promise<void>;
  /** Goes to a button that opens the browser's dialog for files, opens it, and chooses one. */
  choose(button: Locator, name: string, buffer: Buffer): Promise<void>;
  /** Goes through the whole page once, from its beginning to its end. */
  walk(): Promise<void>;
  /** Fails unless something has the focus. */
  isAt(target: Locator): Promise<void>;
}

export function keyboardOf(page: Page): Keyboard {
  const { keyboard } = page;
  // While somebody listens, Chromium opens no dialog of its own, in which nobody could choose.
  page.on("filechooser", () => undefined);
  let stops: Stop[] = [];

  /** The next stop, of which one sees that it is one. */
  async function next(): Promise<Stop | null> {
    await keyboard.press("Tab");
    const stop = await page.evaluate<Stop | null>(whereFocusIs);
    assert.deepEqual(stop?.faults ?? [], [], `at ${stop?.name} on ${page.url()}`);
    if (stop) stops.push(stop);
    const last = stops.slice(-maxStopsInside);
    const isTrapped = last.length === maxStopsInside && last.every(({ id }) => id === stop?.id);
    assert(!isTrapped, `Tab does not leave ${stop?.name}`);
    return stop;
  }
  const has = async (target: Locator) => (await target.and(page.locator(":focus")).count()) > 0;

  async function to(target: Locator): Promise<void> {
    await target.first().waitFor();
    stops = [];
    for (let count = 0; !(await has(target)); count++) {
      assert(count < maxStops, `Tab never reaches ${String(target)}: ${stops.map(({ name }) => name).join(", ")}`);
      await next();
    }
  }
  return {
    to,
    async press(target, key = "Enter") {
      await to(target);
      await keyboard.press(key);
    },
    async write(target, text) {
      await to(target);
      await keyboard.press("ControlOrMeta+A");
      await keyboard.type(text);
    },
    async choose(button, name, buffer) {
      await to(button);
      const chooser = page.waitForEvent("filechooser");
      await keyboard.press("Enter");
      await (await chooser).setFiles({ name, mimeType: "application/zip", buffer });
    },
    async walk() {
      const skip = page.getByRole("link", { name: "Skip to the content" });
      await to(skip);
      stops = [];
      for (let count = 0; count === 0 || !(await has(skip)); count++) {
        assert(count < maxStops, `Tab does not come around on ${page.url()}`);
        await next();
      }
    },
    async isAt(target) {
      await target
        .and(page.locator(":focus"))
        .waitFor({ timeout: 10_000 })
        .catch(async () => {
          assert.fail(
            `the focus is at ${(await page.evaluate<Stop | null>(whereFocusIs))?.name}, not at ${String(target)}`,
          );
        });
    },
  };
}
