import { plural, texts } from "../../app/language.ts";

export const useTexts = texts({
  en: {
    title: "Phases",
    phase: { Previous: "Ended", Current: "Open", Next: "Not started" },
    from: (start: string, end: string | null) =>
      end === null ? `since ${start}, without an end` : `${start} – ${end}`,
    limits: (perDay: string | null, inAll: string | null) =>
      [perDay && `${perDay} a day`, inAll && `${inAll} in all`].filter(Boolean).join(", ") || "no limit",
    isBlind: "Scores hidden",
    blind: "Hide scores…",
    blindTitle: (name: string) => `Hide the scores of ${name}?`,
    blindAbout: "Until you show them again, only organizers see scores, ranks, outputs and logs of this phase.",
    blindButton: "Hide scores",
    unblind: "Show scores…",
    unblindTitle: (name: string) => `Show the scores of ${name}?`,
    unblindAbout:
      "Everybody who sees the leaderboard then sees its scores and ranks at once. What people have seen cannot be taken back.",
    unblindButton: "Show scores",
    rerun: "Run all again…",
    rerunTitle: (name: string) => `Run all submissions of ${name} again?`,
    rerunAbout:
      "Every submission that has ended becomes a new one. Its new score takes the place of the old one. This costs as much as running them did.",
    rerunButton: "Run all again",
    reran: (count: number, shown: string) =>
      plural(count, { one: "1 submission runs again.", other: `${shown} submissions run again.` }),
    skipped: (count: number, shown: string) =>
      plural(count, {
        one: "1 was left out, because its file or task was deleted.",
        other: `${shown} were left out, because their files or tasks were deleted.`,
      }),
    migrate: "Migrate…",
    migrateTitle: (from: string) => `Copy the leaderboard of ${from}`,
    migrateAbout: (count: number, shown: string, to: string) =>
      plural(count, {
        one: `1 submission is copied to ${to} and runs there.`,
        other: `${shown} submissions are copied to ${to} and run there.`,
      }),
    migrateNone: (to: string) =>
      `There is nothing to copy to ${to}: all submissions on the leaderboard are there already.`,
    migrateMore: (shown: string) => `and ${shown} more`,
    migrateButton: "Copy and run",
    migrated: (count: number, shown: string) =>
      plural(count, { one: "1 submission was copied.", other: `${shown} submissions were copied.` }),
    loading: "Looking what would be copied…",
    byItself: (name: string) => `When ${name} begins, this happens by itself.`,
    grants: "Granted submissions",
    noGrants: "Nobody has more submissions than the limits allow.",
    toParticipants: "Grant some to a participant",
    who: "Who",
    perDay: "A day",
    inAll: "In all",
    reason: "Reason",
    by: "By",
    actions: "Actions",
    takeBack: "Take back…",
    takeBackFrom: (name: string) => `Take back the grant of ${name}`,
    takeBackTitle: (name: string) => `Take the grant of ${name} back?`,
    takeBackAbout: "Submissions made with it stay.",
    takeBackButton: "Take back",
  },
  fr: {
    title: "Phases",
    phase: { Previous: "Terminée", Current: "Ouverte", Next: "À venir" },
    from: (start, end) => (end === null ? `depuis le ${start}, sans fin` : `${start} – ${end}`),
    limits: (perDay, inAll) =>
      [perDay && `${perDay} par jour`, inAll && `${inAll} en tout`].filter(Boolean).join(", ") || "sans limite",
    isBlind: "Scores cachés",
    blind: "Cacher les scores…",
    blindTitle: (name) => `Cacher les scores de ${name} ?`,
    blindAbout:
      "Jusqu’à ce que vous les montriez, seule l’organisation voit scores, rangs, sorties et journaux de cette phase.",
    blindButton: "Cacher les scores",
    unblind: "Montrer les scores…",
    unblindTitle: (name) => `Montrer les scores de ${name} ?`,
    unblindAbout: "Qui voit le classement en voit aussitôt les scores et les rangs. Ce qui a été vu ne se reprend pas.",
    unblindButton: "Montrer les scores",
    rerun: "Tout relancer…",
    rerunTitle: (name) => `Relancer toutes les soumissions de ${name} ?`,
    rerunAbout:
      "Chaque soumission achevée en devient une nouvelle, dont le score remplace l’ancien. Cela coûte autant que la première fois.",
    rerunButton: "Tout relancer",
    reran: (count, shown) =>
      plural(count, { one: "1 soumission est relancée.", other: `${shown} soumissions sont relancées.` }),
    skipped: (count, shown) =>
      plural(count, {
        one: "1 a été écartée : son fichier ou sa tâche n’existe plus.",
        other: `${shown} ont été écartées : leurs fichiers ou tâches n’existent plus.`,
      }),
    migrate: "Copier…",
    migrateTitle: (from) => `Copier le classement de ${from}`,
    migrateAbout: (count, shown, to) =>
      plural(count, {
        one: `1 soumission est copiée vers ${to} et y est exécutée.`,
        other: `${shown} soumissions sont copiées vers ${to} et y sont exécutées.`,
      }),
    migrateNone: (to) => `Il n’y a rien à copier vers ${to} : toutes les soumissions du classement y sont déjà.`,
    migrateMore: (shown) => `et ${shown} de plus`,
    migrateButton: "Copier et exécuter",
    migrated: (count, shown) =>
      plural(count, { one: "1 soumission a été copiée.", other: `${shown} soumissions ont été copiées.` }),
    loading: "Recherche de ce qui serait copié…",
    byItself: (name) => `Au début de ${name}, cela se fait tout seul.`,
    grants: "Soumissions accordées",
    noGrants: "Personne n’a plus de soumissions que les limites ne permettent.",
    toParticipants: "En accorder à un participant",
    who: "Qui",
    perDay: "Par jour",
    inAll: "En tout",
    reason: "Motif",
    by: "Par",
    actions: "Actions",
    takeBack: "Reprendre…",
    takeBackFrom: (name) => `Reprendre la faveur de ${name}`,
    takeBackTitle: (name) => `Reprendre la faveur de ${name} ?`,
    takeBackAbout: "Les soumissions déjà faites restent.",
    takeBackButton: "Reprendre",
  },
});
