import { ApiError, api, ask } from "./client.ts";

/** The id of somebody, by their whole username. `unknown` is said if there is nobody with it. */
export async function personNamed(username: string, unknown: string): Promise<number> {
  const { results } = await ask(api.GET("/api/user_lookup/", { params: { query: { q: username } } }));
  const person = results.find((found) => found.username.toLowerCase() === username.toLowerCase());
  if (!person) throw new ApiError(404, { code: "NO_SUCH_USER", detail: unknown }, null);
  return person.id;
}
