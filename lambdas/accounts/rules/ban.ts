/** Why and until when somebody is banned. */
export interface Ban {
  ban_reason: string | null;
  /** Null: until an administrator ends it. */
  banned_until: Date | null;
}

/** What a banned person is told. `whose` is what is banned, for example "This account". */
export function banSentence({ ban_reason: reason, banned_until: until }: Ban, whose: string): string {
  const end = until === null ? "" : ` until ${until.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const why = reason === null ? "" : ` The reason: ${/[.!?]$/.test(reason) ? reason : `${reason}.`}`;
  return `${whose} is banned${end}.${why}`;
}
