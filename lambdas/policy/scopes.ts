/** What an API token can be limited to. A token without scopes may do whatever its user may do. */
export const scopes = ["read", "submit", "organize", "worker"] as const;
export type Scope = (typeof scopes)[number];

/** What each scope is for, in a sentence. */
export const scopeMeanings: Record<Scope, string> = {
  read: "reads what you can see",
  submit: "uploads files and submits them, and joins and leaves competitions",
  organize: "creates and changes competitions, tasks and data, and decides about participants and submissions",
  worker: "creates and changes queues, the tokens of their workers and their logins for registries",
};

/**
 * Scopes that permit requests which change something, by method and path. The first line that matches decides. Only tokens
 * without scopes and sessions may do what no line permits: change the account, its logins and organizations, and the platform.
 */
const permits: readonly [request: RegExp, permitting: readonly Scope[]][] = [
  [/^POST \/api\/submissions\/download_many\/$/, scopes],
  [/^\w+ \/api\/queues\//, ["worker"]],
  [/^\w+ \/api\/competitions\/\{id\}\/register\/$/, ["submit"]],
  [/^POST \/api\/submissions\/$/, ["submit"]],
  [
    /^(?:POST \/api\/datasets\/$|PUT \/api\/datasets\/completed\/|\w+ \/api\/datasets\/\{key\}\/multipart\/)/,
    ["submit", "organize"],
  ],
  [/^\w+ \/api\/(?:storage\/cleanup|delete_(?:unused|failed)_\w+)\//, ["organize"]],
  [/^\w+ \/api\/(?:competitions|phases|participants|tasks|datasets|submissions|submission_scores)\//, ["organize"]],
];

/** The scopes of which a token needs one for a route. `changes` says whether the route changes something. */
export function scopesFor(method: string, path: string, changes: boolean): readonly Scope[] {
  return changes ? (permits.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? []) : scopes;
}
