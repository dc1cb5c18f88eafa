/** What the editor asks of the API: what can be chosen, and saving. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import { date } from "../app/format.ts";
import type { Written } from "./state/write.ts";

/** Something that can be chosen, by its key. */
export interface Choosable {
  part: string;
  name: string;
  about: string;
}

export type Kind = "task" | "queue" | "starting_kit" | "public_data" | "person";
const page_size = 20;
const owner = ({ created_by, is_public }: { created_by: string; is_public: boolean }, t: { public: string }) =>
  is_public ? `${created_by} · ${t.public}` : created_by;

/** What has some letters in its name, of one's own and of what is public. */
export const choosableQuery = (kind: Kind, q: string, t: { public: string; standard: string }) =>
  queryOptions({
    queryKey: ["choosable", kind, q],
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<Choosable[]> => {
      const search = q === "" ? {} : { search: q };
      switch (kind) {
        case "task": {
          const query = { page: 1, page_size, public: true, ...search };
          const { results } = await ask(api.GET("/api/tasks/", { params: { query } }));
          return results.map((task) => ({
            part: task.key,
            name: task.name,
            about: `#${task.id} · ${owner(task, t)} · ${date(task.created_when)}`,
          }));
        }
        case "queue": {
          const query = { page: 1, page_size, public: true, ...search };
          const { results } = await ask(api.GET("/api/queues/", { params: { query } }));
          return results.map(({ id, name, owner }) => ({ part: id, name, about: owner ?? t.standard }));
        }
        case "person": {
          if (q === "") return [];
          const { results } = await ask(api.GET("/api/user_lookup/", { params: { query: { q } } }));
          return results.map(({ id, username, name }) => ({
            part: String(id),
            name: username,
            about: name.startsWith(username) ? "" : name,
          }));
        }
        default: {
          const query = { _type: "dataset" as const, _public: true, type: kind, page_size, ...search };
          const { results } = await ask(api.GET("/api/datasets/", { params: { query } }));
          return results.map((file) => ({
            part: file.key,
            name: file.name,
            about: `${owner(file, t)} · ${date(file.created_when)}`,
          }));
        }
      }
    },
  });

/** The body of a request. The API's own type of a question is narrower than what may stand in one. */
type Body = Partial<Omit<Written, "fact_sheet">> & { fact_sheet?: Record<string, unknown> | null };

export const changeCompetition = (id: number, body: Body & { version?: string }): Promise<Shape<"Competition">> =>
  ask(api.PATCH("/api/competitions/{id}/", { params: { path: { id } }, body }));

export const createCompetition = (body: Written & Body): Promise<Shape<"Competition">> =>
  ask(api.POST("/api/competitions/", { body }));
