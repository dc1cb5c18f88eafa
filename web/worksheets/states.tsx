/** How a bundle stands, in the same words and colours on every page. */
import {
  isActive as isActiveState,
  isFinal as isFinalState,
  type BundleState,
} from "../../lambdas/worksheets/rules/bundle.ts";
import { texts } from "../app/language.ts";

/** Whether nothing more becomes of a bundle. One that the reader may not see has no state. */
export const isFinal = (state: string | null): boolean => state === null || isFinalState(state as BundleState);

/** Whether something works on a bundle, so that it cannot be deleted. */
export const isActive = (state: string | null): boolean => state !== null && isActiveState(state as BundleState);

const toneOf = (state: string): string => {
  if (state === "ready") return "good";
  if (state === "failed") return "bad";
  if (state === "killed") return "";
  return isActive(state) ? "accent" : "wait";
};

export const useStateTexts = texts<Record<string, string>>({
  en: {
    uploading: "Uploading",
    created: "Waits for its inputs",
    staged: "Waits for a machine",
    making: "Copying",
    starting: "Starting",
    preparing: "Preparing",
    running: "Running",
    finalizing: "Saving",
    worker_offline: "Machine lost",
    ready: "Ready",
    failed: "Failed",
    killed: "Killed",
  },
  fr: {
    uploading: "Envoi en cours",
    created: "Attend ses entrées",
    staged: "Attend une machine",
    making: "Copie",
    starting: "Démarrage",
    preparing: "En préparation",
    running: "En cours",
    finalizing: "Enregistrement",
    worker_offline: "Machine perdue",
    ready: "Prêt",
    failed: "Échoué",
    killed: "Arrêté",
  },
});

/** The state of a bundle. Its reason is told where there is room for a sentence. */
export function StatePill({ state }: { state: string }) {
  const t = useStateTexts();
  return <span className={`pill ${toneOf(state)}`}>{t[state] ?? state}</span>;
}
