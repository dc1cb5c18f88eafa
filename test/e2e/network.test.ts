import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, publishCompetition, python, register, submit } from "../support/competitions.ts";
import { ended, startTestPlatform } from "../support/platform.ts";
import type { Person, TestPlatform } from "../support/platform.ts";

describe("a platform that allows competitions a network (R-50)", () => {
  let platform: TestPlatform;
  let organizer: Person;
  let server: Server;
  beforeAll(async () => {
    platform = await startTestPlatform({
      database: "postgres",
      worker: { launcher: "sandbox", slots: 1 },
      allowNetwork: true,
    });
    organizer = await platform.newPerson();
    server = createServer((_request, response) => response.end("0.75"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    server.close();
    await platform.close();
  });

  async function scored(yaml: Record<string, unknown>) {
    const asks = python(
      [
        "import json, urllib.request",
        "try: answer = float(urllib.request.urlopen(open('/app/input/res/url').read(), timeout=20).read())",
        "except OSError: answer = 0",
        "json.dump({'accuracy': answer}, open('/app/output/scores.json', 'w'))",
      ].join("\n"),
      "scoring_program/",
    );
    const competition = await publishCompetition(organizer, bundleFiles(yaml, asks));
    await register(competition, platform.admin);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { scores, status_details } = await ended(
      platform.admin,
      await submit(platform.admin, competition.phases[0]!.id, { url }),
    );
    const { has_network } = await organizer.client.request<{ has_network: boolean }>(
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    return { score: scores.find(({ column_key }) => column_key === "accuracy")?.score ?? status_details, has_network };
  }

  it("gives it to those that ask for it", async () => {
    assert.deepEqual(await scored({ enable_network: true }), { score: "0.7500000000", has_network: true });
  });

  it("and to no others", async () => {
    assert.deepEqual(await scored({}), { score: "0.0000000000", has_network: false });
  });
});
