/** What people wrote in forums: an export has it, and after their account is deleted it stays without their name. */
import { forgetAuthor, postsAfter, reportsOf } from "../db/leaving.ts";
import type { Belongings } from "../../accounts/service/belongings.ts";
import { transact } from "../../kernel/context.ts";

const batch = 500;

export const forumBelongings: Belongings = {
  obstacles: () => Promise.resolve([]),
  owned: () => Promise.resolve([]),
  erase: (context, userId) => transact(context, (tx) => forgetAuthor(tx, userId)),
  documents: ({ db }, { id }) => ({
    async *"forum-posts"() {
      for (let after = 0; ;) {
        const some = await postsAfter(db, id, after, batch);
        if (some.length === 0) return;
        yield* some;
        after = some.at(-1)!.id;
      }
    },
    async *"forum-reports"() {
      yield* await reportsOf(db, id);
    },
  }),
};
