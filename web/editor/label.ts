/** How the page calls a field: "Phases › Final › Start". */
import type { Form } from "./state/form.ts";
import type { Texts } from "./texts.ts";

interface PartWords {
  part: string;
  title?: string;
  name?: string;
  username?: string;
  key?: string;
}

const isParts = (value: unknown): value is PartWords[] =>
  Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null && "part" in one);

/** Steps are names of fields, and of parts between them: their `part`, or their place in the list. */
export function labelOf(steps: string[], forms: Form[], t: Texts): string {
  const words: string[] = [];
  let values: unknown[] = forms;
  for (const step of steps) {
    const parts = values
      .filter(isParts)
      .flatMap((list) => list.find(({ part }, at) => part === step || String(at) === step) ?? []);
    if (values.some(isParts)) {
      const [part] = parts;
      words.push(part?.title || part?.name || part?.username || part?.key || String(Number(step) + 1 || ""));
      values = parts;
    } else {
      words.push(wordOf(step, t));
      values = values.map((value) => (value as Record<string, unknown> | null | undefined)?.[step]);
    }
  }
  return words.filter(Boolean).join(" › ");
}

export const stepsOf = (path: string): string[] => path.split(/[.[\]]+/).filter(Boolean);

function wordOf(name: string, t: Texts): string {
  const fields: Record<string, string> = t.fields;
  const switches: Record<string, { label: string }> = { ...t.switches, ...t.phaseSwitches };
  return fields[name] ?? switches[name]?.label ?? name;
}
