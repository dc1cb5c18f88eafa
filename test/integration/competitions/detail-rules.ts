import assert from "node:assert/strict";
import { it } from "@jest/globals";
import type { Person } from "../../support/platform.ts";
import { expect, type Lab } from "../support/lab.ts";
import type { Detail } from "./competition-form.ts";

/** What competitions say of themselves, one at a time. */
export function detailRules(lab: () => Lab, alice: () => Person): void {
  const read = (person: Person, id: number) => expect<Detail>(200, person, "GET", `/api/competitions/${id}/`);

  it("have Codabench's keys and some more, with secrets for organizers only", async () => {
    const competition = await lab().competition({}, alice());
    const keys = Object.keys(await read(alice(), competition.id)).sort();
    assert.deepEqual(keys, [
      "allow_robot_submissions",
      "anonymous_leaderboard",
      "auto_run_submissions",
      "can_participants_make_submissions_public",
      "collaborators",
      "competition_type",
      "contact_email",
      "created_by",
      "created_when",
      "description",
      "docker_image",
      "enable_detailed_results",
      "enable_network",
      "fact_sheet",
      "forum",
      "forum_enabled",
      "has_network",
      "id",
      "leaderboards",
      "logo",
      "logo_icon",
      "make_input_data_available",
      "make_programs_available",
      "network_problem",
      "owner_display_name",
      "pages",
      "participant_status",
      "participants_count",
      "permissions",
      "phases",
      "published",
      "queue",
      "registration_auto_approve",
      "report",
      "reward",
      "show_detailed_results_in_leaderboard",
      "show_detailed_results_in_submission_panel",
      "submissions_count",
      "teams_share_limits",
      "terms",
      "title",
    ]);
    const anybody = await lab().send<Detail>("GET", `/api/competitions/${competition.id}/`);
    assert.equal("participant_status" in anybody.body, false);
    const organizers = Object.keys(await read(lab().organizer, competition.id));
    assert.deepEqual(organizers.filter((key) => !keys.includes(key)).sort(), [
      "listing",
      "listing_reason",
      "secret_key",
      "version",
      "whitelist_emails",
    ]);
    assert.deepEqual(Object.keys((await read(alice(), competition.id)).phases[0]!.tasks[0]!).sort(), [
      "created_when",
      "id",
      "key",
      "name",
      "order_index",
      "phase",
      "public_datasets",
      "solutions",
      "task",
      "value",
    ]);
  });
}
