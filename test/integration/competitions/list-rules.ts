import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, type Lab } from "../support/lab.ts";

/** The tests of the lists of competitions. `make` creates a competition with a form. */
export function listRules(
  lab: () => Lab,
  alice: () => Person,
  make: (form: Record<string, unknown>) => Promise<{ id: number }>,
): void {
  it("are an array in order of creation, of competitions unless benchmarks are requested (A-7)", async () => {
    const benchmark = await make({ published: true, competition_type: "benchmark", title: "A benchmark of lists" });
    const titles = async (query: string, who: { send: Person["send"] } = alice()) =>
      (await expect<{ id: number; created_when: string }[]>(200, who, "GET", `/api/competitions/${query}`)).map(
        ({ id }) => id,
      );
    assert.ok(!(await titles("")).includes(benchmark.id));
    assert.ok((await titles("?type=any")).includes(benchmark.id));
    assert.deepEqual(await titles("?type=benchmark&search=benchmark%20of%20lists"), [benchmark.id]);
    const all = await expect<{ created_when: string }[]>(200, alice(), "GET", "/api/competitions/?type=any");
    assert.deepEqual(
      all.map(({ created_when }) => created_when),
      all.map(({ created_when }) => created_when).sort(),
    );
  });

  it("have exactly Codabench's keys", async () => {
    const [one] = await expect<object[]>(200, alice(), "GET", "/api/competitions/");
    assert.deepEqual(Object.keys(one!).sort(), [
      "competition_type",
      "contact_email",
      "created_by",
      "created_when",
      "description",
      "id",
      "is_featured",
      "logo",
      "logo_icon",
      "owner_display_name",
      "participants_count",
      "published",
      "report",
      "reward",
      "submissions_count",
      "title",
    ]);
  });

  it("public/ has pages, with their size in the answer, ordering and filters (A-7)", async () => {
    await make({ published: true, title: "With reward of lists", reward: "A prize" });
    interface Page {
      count: number;
      next: string | null;
      previous: null;
      page_size: number;
      results: { id: number; title: string; reward: string | null }[];
    }
    const page = (query: string, who: { send: Person["send"] } = alice()) =>
      expect<Page>(200, who, "GET", `/api/competitions/public/${query}`);
    const first = await page("?page_size=1");
    assert.deepEqual([first.results.length, first.page_size, first.previous], [1, 1, null]);
    const next = (await (await fetch(first.next!)).json()) as Page;
    assert.ok(next.results[0]!.id < first.results[0]!.id);
    assert.equal((await page("")).page_size, 20);
    assert.deepEqual(
      (await page("?has_reward=true&search=of%20lists")).results.map(({ title }) => title),
      ["With reward of lists"],
    );
    assert.ok((await page("?organizing=true", lab().organizer)).count > 0);
    assert.equal((await page("?organizing=true")).count, 0);
    assertRefused(await lab().send("GET", "/api/competitions/public/?participating_in=true"), 403, "NOT_LOGGED_IN");
    const popular = (await page("?ordering=popular")).results as unknown as { participants_count: number }[];
    const counts = popular.map(({ participants_count }) => participants_count);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => b - a),
    );
  });

  it("have pages with page or page_size, in an order (A-201)", async () => {
    const all = await expect<{ id: number; title: string }[]>(200, alice(), "GET", "/api/competitions/?type=any");
    interface Page {
      count: number;
      next: string | null;
      results: { id: number; title: string }[];
    }
    const first = await expect<Page>(200, alice(), "GET", "/api/competitions/?type=any&page_size=2&ordering=-title");
    const titles = all.map(({ title }) => title).sort();
    assert.deepEqual([first.count, first.results.length], [all.length, Math.min(2, all.length)]);
    assert.ok(titles.includes(first.results[0]!.title));
    assert.match(first.next!, /ordering=-title.*page=2|page=2.*ordering=-title/);
    assert.ok(first.results[0]!.title >= first.results[1]!.title);
  });

  it("public/ says where each competition is in time, and finds by it (A-203)", async () => {
    const day = 24 * 3600 * 1000;
    const at = (days: number) => new Date(Date.now() + days * day).toISOString();
    const from = async (title: string, start: number, end: number | null) => {
      const { id } = await make({ published: true, title });
      await lab()
        .inside.db.updateTable("phases")
        .set({ starts_at: at(start), ends_at: end === null ? null : at(end) })
        .where("competition_id", "=", id)
        .execute();
      return id;
    };
    const soon = await from("Of time: soon", -1, 2);
    const later = await from("Of time: later", -1, 9);
    const endless = await from("Of time: endless", -1, null);
    const over = await from("Of time: over", -9, -1);
    const coming = await from("Of time: coming", 3, 9);
    type Offered = { id: number; status: string; current_phase: { end: string } | null; participant_status: unknown };
    const page = async (query: string) =>
      (
        await expect<{ results: Offered[] }>(
          200,
          alice(),
          "GET",
          `/api/competitions/public/?search=Of%20time&ordering=ends_soon&${query}`,
        )
      ).results;
    const all = await page("");
    assert.deepEqual(
      all.filter(({ id }) => id !== coming).map(({ id, status }) => [id, status]),
      [
        [soon, "open"],
        [later, "open"],
        [endless, "open"],
        [over, "ended"],
      ],
    );
    assert.deepEqual(
      (await page("status=upcoming,ended")).map(({ id }) => id).sort((a, b) => a - b),
      [over, coming],
    );
    assert.ok(Date.parse(all[0]!.current_phase!.end) > Date.now());
    assert.deepEqual([all.find(({ id }) => id === over)!.current_phase, all[0]!.participant_status], [null, null]);
    assert.deepEqual(await page("type=benchmark"), []);
  });

  it("front_page has at most four popular and four recent competitions, without repetition, and counts (A-191)", async () => {
    const { popular_comps, recent_comps, featured_comps, ending_soon_comps, counts } = await expect<
      Record<
        string,
        { id: number; published: boolean; is_featured: boolean; current_phase?: { end: string | null } }[]
      > & {
        counts: Record<string, number>;
      }
    >(200, alice(), "GET", "/api/competitions/front_page/");
    const all = [...popular_comps!, ...recent_comps!];
    assert.ok(popular_comps!.length <= 4 && recent_comps!.length <= 4);
    assert.ok(all.every(({ published }) => published));
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    assert.ok(featured_comps!.every(({ is_featured }) => is_featured));
    assert.ok(ending_soon_comps!.every(({ current_phase }) => current_phase?.end));
    assert.ok(counts["competitions"]! > 0 && counts["participants"]! > 0);
    // Within an hour, nothing is counted again.
    const again = await expect<{ counts: object }>(200, alice(), "GET", "/api/competitions/front_page/");
    assert.deepEqual(again.counts, counts);
  });
}
