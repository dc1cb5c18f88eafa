import { createContext, use } from "react";
import type { Form } from "./state/form.ts";

/** What the parts of the editor share. */
export interface EditorTools {
  form: Form;
  /** Changes fields of the form. */
  change: (change: (form: Form) => Partial<Form>) => void;
  /** What is wrong with a field, once it is to be shown. */
  messageOf: (path: string) => string | undefined;
  /** How many fields below a path have something wrong that is shown. */
  countBelow: (path: string) => number;
  /** The field that gets the focus. What it stands in opens. */
  target: string | null;
}

export const EditorContext = createContext<EditorTools | null>(null);

export const useEditor = (): EditorTools => use(EditorContext)!;

/** The id of the element of a field, by which problems find it. */
export const idOf = (path: string): string => `field-${path}`;
/** The field of an element with such an id. */
export const pathOf = (id: string): string | null => (id.startsWith("field-") ? id.slice("field-".length) : null);
