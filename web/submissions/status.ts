/** How a submission stands, in the same words and colours on every page. */
import { texts } from "../app/language.ts";
import type { Shape } from "../api/client.ts";

export type Status = Shape<"Submission">["status"];

const final: readonly Status[] = ["Finished", "Failed", "Cancelled"];
export const isFinal = (status: Status): boolean => final.includes(status);

/** The colour of the pill that names the status. */
export function toneOf(status: Status): "good" | "bad" | "wait" | "accent" | "" {
  if (status === "Finished") return "good";
  if (status === "Failed") return "bad";
  if (status === "Submitting" || status === "Submitted") return "wait";
  return status === "Cancelled" || status === "None" ? "" : "accent";
}

export const useStatusTexts = texts({
  en: {
    None: "Not submitted",
    Submitting: "Submitting",
    Submitted: "Queued",
    Preparing: "Preparing",
    Running: "Running",
    Scoring: "Scoring",
    Cancelled: "Cancelled",
    Finished: "Finished",
    Failed: "Failed",
  },
  fr: {
    None: "Non soumise",
    Submitting: "Envoi",
    Submitted: "En attente",
    Preparing: "En préparation",
    Running: "En cours",
    Scoring: "Évaluation",
    Cancelled: "Annulée",
    Finished: "Terminée",
    Failed: "Échouée",
  },
});
