import { useEffect, useState } from "react";

/** A text that somebody writes. It survives a reload and going back, in this tab. */
export function useDraft(name: string, start = ""): [text: string, write: (text: string) => void, forget: () => void] {
  const key = `draft ${name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? start);
  useEffect(() => {
    if (text === start) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  }, [key, text, start]);
  return [text, setText, () => setText(start)];
}
