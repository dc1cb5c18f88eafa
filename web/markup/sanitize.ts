/** HTML that other people wrote, made safe to show inside our own pages. */
import DOMPurify from "dompurify";

/** Styles that change how a piece of text looks, and cannot cover or imitate what is ours. */
const allowedStyle =
  /^(?:color|background-color|text-align|text-decoration.*|font-(?:weight|style|size)|vertical-align|(?:max-)?width|(?:max-)?height|(?:margin|padding|border)(?!-image).*|list-style-type|float|clear)$/;

/**
 * Attributes that the security policy forbids are renamed before anything parses them, because browsers report each of them. Styles
 * come back by script; handlers of events do not.
 */
const renamed = (html: string) =>
  html.replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/\son[a-z]+\s*=/gi, " data-removed="),
  );

/** A colour that somebody chose for a white page, as dark or light as the theme needs it. Its hue stays. */
const legible = (name: string, value: string): string =>
  name === "color"
    ? `light-dark(oklch(from ${value} min(l, 0.5) c h), oklch(from ${value} max(l, 0.78) c h))`
    : name === "background-color"
      ? `light-dark(oklch(from ${value} max(l, 0.93) min(c, 0.05) h), oklch(from ${value} min(l, 0.3) min(c, 0.05) h))`
      : value;

/** `origins` are those from where the security policy lets images come. */
export function sanitize(html: string, origins: readonly string[]): DocumentFragment {
  const fragment = DOMPurify.sanitize(renamed(html), {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true, mathMl: true, svg: true },
    FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select"],
    FORBID_ATTR: ["data-removed", "popover", "popovertarget"],
    // What is ours keeps its names.
    SANITIZE_NAMED_PROPS: true,
  });
  for (const element of fragment.querySelectorAll<HTMLElement>("[data-style]")) {
    const { style } = document.createElement("i");
    style.cssText = element.dataset["style"] ?? "";
    delete element.dataset["style"];
    for (const name of style)
      if (allowedStyle.test(name)) element.style.setProperty(name, legible(name, style.getPropertyValue(name)));
  }
  for (const element of fragment.querySelectorAll("[class]")) element.removeAttribute("class");
  for (const image of fragment.querySelectorAll("img")) {
    if (!isAllowed(image.src, origins)) image.replaceWith(linkTo(image));
    else image.loading = "lazy";
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "prose-table";
    frame.tabIndex = 0;
    frame.role = "region";
    frame.ariaLabel = table.caption?.textContent || "Table";
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const code of fragment.querySelectorAll("pre")) code.tabIndex = 0;
  return fragment;
}

function isAllowed(src: string, origins: readonly string[]): boolean {
  if (!URL.canParse(src)) return false;
  const { origin, protocol } = new URL(src);
  return protocol === "data:" || origin === location.origin || origins.includes(origin);
}

/** An image of another site is not loaded, because that would tell the site who reads the page. */
function linkTo({ src, alt }: HTMLImageElement): HTMLElement {
  const link = document.createElement("a");
  link.textContent = alt || src;
  if (URL.canParse(src)) link.href = src;
  return link;
}
