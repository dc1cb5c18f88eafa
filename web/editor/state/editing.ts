/** What happens to a form while it is edited. */
import type { Form } from "./form.ts";
import { merge, type Choice } from "./merge.ts";
import { valueAt, type Problem } from "./problems.ts";
import { isSame } from "./same.ts";

/** A form that somebody else saved, while this one was edited. */
export interface Newer {
  form: Form;
  version: string | null;
}

export interface Editing {
  /** The form as it is on the platform. */
  base: Form;
  /** Null before the competition exists. */
  version: string | null;
  form: Form;
  /** Fields that somebody has looked at. */
  touched: ReadonlySet<string>;
  /** Whether somebody tried to save it as it is. */
  tried: boolean;
  /** What the platform refused, and in which form. */
  refused: { problems: Problem[]; form: Form } | null;
  /** What has to be decided first. */
  conflict: (Newer & { choices: Record<string, Choice> }) | null;
}

export type Action =
  | { type: "change"; change: (form: Form) => Partial<Form> }
  | { type: "touch"; path: string }
  | { type: "try" }
  | { type: "refuse"; problems: Problem[] }
  | { type: "collide"; newer: Newer }
  | { type: "choose"; id: string; choice: Choice }
  | { type: "join" }
  | { type: "restore"; base: Form; version: string | null; form: Form }
  | { type: "save"; form: Form; version: string | null };

export const begin = (base: Form, version: string | null): Editing => ({
  base,
  version,
  form: base,
  touched: new Set(),
  tried: false,
  refused: null,
  conflict: null,
});

export const isChanged = ({ base, form }: Editing): boolean => !isSame(base, form);

export function edit(state: Editing, action: Action): Editing {
  switch (action.type) {
    case "change":
      return { ...state, form: { ...state.form, ...action.change(state.form) } };
    case "touch":
      return state.touched.has(action.path) ? state : { ...state, touched: new Set([...state.touched, action.path]) };
    case "try":
      return { ...state, tried: true, refused: null };
    case "refuse":
      return { ...state, refused: { problems: action.problems, form: state.form } };
    case "collide":
      return collide(state, action.newer);
    case "choose":
      if (!state.conflict) return state;
      return {
        ...state,
        conflict: { ...state.conflict, choices: { ...state.conflict.choices, [action.id]: action.choice } },
      };
    case "join": {
      if (!state.conflict) return state;
      const { form, version, choices } = state.conflict;
      const joined = merge(state.base, state.form, form, choices).form;
      return { ...state, base: form, version, form: joined, conflict: null };
    }
    case "restore": {
      const restored = { ...begin(action.base, action.version), form: action.form };
      // Somebody may have saved another version since the draft was kept.
      return action.version === state.version
        ? restored
        : collide(restored, { form: state.base, version: state.version });
    }
    case "save":
      return begin(action.form, action.version);
  }
}

/** Changes of others that this form does not have are joined without a question. */
function collide(state: Editing, newer: Newer): Editing {
  const { differences } = merge(state.base, state.form, newer.form);
  return differences.length > 0
    ? { ...state, conflict: { ...newer, choices: {} } }
    : { ...state, base: newer.form, version: newer.version };
}

/** What the platform refused, as long as it still stands there. */
export const refusedProblems = ({ refused, form }: Editing): Problem[] =>
  refused?.problems.filter(({ path }) => isSame(valueAt(form, path), valueAt(refused.form, path))) ?? [];
