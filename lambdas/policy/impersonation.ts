/** What an administrator may do as somebody else. */
import { scopesFor, type Scope } from "./scopes.ts";

/** As with a token of these scopes: not the account, its logins, its organizations, and the tokens of workers. */
const scopes: readonly Scope[] = ["read", "submit", "organize"];

/** Ends the session. */
const ending = /^(?:POST \/accounts\/logout\/|DELETE \/api\/session\/|POST \/api\/session\/impersonation\/end\/)$/;

/** Deletes something, makes a copy of everything that somebody has, or gets one that they made. */
const refused = /^DELETE |^POST .*\/(?:delete_many|cleanup|create_dump)\/|\/account\/exports\//;

/** Whether a request may be made as somebody else. `changes` says whether the route changes something. */
export function mayImpersonate(method: string, path: string, changes: boolean): boolean {
  const request = `${method} ${path}`;
  if (ending.test(request)) return true;
  return !refused.test(request) && scopesFor(method, path, changes).some((scope) => scopes.includes(scope));
}
