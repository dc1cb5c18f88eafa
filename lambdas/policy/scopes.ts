/** What an API token can be limited to. A token without scopes may do whatever its user may do. */
export const scopes = ["read", "submit", "organize", "worker"] as const;
export type Scope = (typeof scopes)[number];

/** What each scope is for, in a sentence. */
export const scopeMeanings: Record<Scope, string> = {
  read: "reads what you can see",
  submit: "uploads files, submits them, and changes and cancels submissions",
  organize: "creates and changes competitions, tasks and data, and decides about participants and their submissions",
  worker: "creates and changes queues, the tokens of their workers and their logins for registries",
};

/**
 * Scopes that permit requests which change something, by method and path. The first line that matches decides. Only tokens
 * without scopes and sessions may do what no line permits: change the account, its logins and organizations.
 */
const permits: readonly [path: RegExp, permitting: readonly Scope[]][] = [
  [/^\/api\/queues\//, ["worker"]],
  [/^\/api\/competitions\/\{id\}\/register\/$/, ["submit"]],
  [/^\/api\/datasets\//, ["submit", "organize"]],
  [/^\/api\/submissions\/(?:(?:delete|cancel|download)_many\/)?$/, ["submit", "organize"]],
  [
    /^\/api\/submissions\/\{id\}\/(?:(?:soft_delete|cancel_submission|submission_leaderboard_connection|toggle_public|update_fact_sheet)\/)?$/,
    ["submit", "organize"],
  ],
  [/^\/api\/(?:competitions|phases|participants|tasks|submissions|submission_scores)\//, ["organize"]],
];

/** The scopes of which a token needs one for a route, by the route's path. `changes` says whether the route changes something. */
export function scopesFor(path: string, changes: boolean): readonly Scope[] {
  return changes ? (permits.find(([pattern]) => pattern.test(path))?.[1] ?? []) : scopes;
}
