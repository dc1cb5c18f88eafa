import type { Reason } from "./state/problems.ts";
import type { Texts } from "./texts.ts";

/** Why a field cannot be saved, in words. */
export function sentenceOf(reason: Reason, t: Texts): string {
  switch (reason.kind) {
    case "missing":
      return t.missing[reason.what];
    case "endless":
      return t.endless;
    case "repeated":
      return t.repeated;
    case "mails":
      return t.mails(reason.mails);
    case "sentence":
      return reason.sentence;
  }
}
