/** A platform with people, competitions and submissions, for tests of the web application. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { Competition } from "../../../client/api-client.ts";
import { buildWeb } from "../../../scripts/web/build.ts";
import { bundleFiles, inDays, phase, publishCompetition, register, submit } from "../competitions.ts";
import { testImage } from "../docker.ts";
import { example, packBundle } from "../examples.ts";
import { ended, personOf, startTestPlatform, type Person, type TestPlatform } from "../platform.ts";
import { openBrowser } from "./browser.ts";

export interface WebFixture {
  platform: TestPlatform;
  browser: Browser;
  organizer: Person;
  /** They take part in `main`. */
  participants: [Person, Person];
  /** Somebody who takes part in nothing. */
  newcomer: Person;
  competitions: {
    /** A benchmark without an end, with pages, terms, a starting kit and two tasks. */
    main: Competition;
    /** One phase is over, one is open and one comes. */
    phases: Competition;
    /** Open, with a reward. Its page has HTML, formulas and what must not be shown. */
    pages: Competition;
    upcoming: Competition;
    ended: Competition;
    /** Not published; seen with its secret key. */
    secret: Competition;
  };
  /** Of the first participant in `pages`. Null without a worker. */
  submissions: { finished: number; failed: number } | null;
  close(): Promise<void>;
}

const password = "only-for-these-tests";

/**
 * Starts the platform and fills it through the API. `runs` starts a worker, which runs submissions in the sandbox. `atLocalhost`
 * gives it the address that passkeys need.
 */
export async function startWebFixture({
  runs,
  atLocalhost = false,
}: {
  runs: boolean;
  atLocalhost?: boolean;
}): Promise<WebFixture> {
  const [web, browser] = await Promise.all([buildWeb(() => {}), openBrowser()]);
  const platform = await startTestPlatform({
    database: "postgres",
    // Without containers: their networks disturb the browser.
    worker: runs ? { launcher: "sandbox", slots: 2 } : null,
    atLocalhost,
    web,
  });
  const person = async (username: string) => {
    await platform.admin.client.request("POST", "/api/users/", {
      username,
      email: `${username}@example.org`,
      password,
    });
    return personOf(platform.url, username, password);
  };
  const organizer = await person("organizer");
  const participants: [Person, Person] = [await person("participant-a"), await person("participant-b")];
  const newcomer = await person("newcomer");
  const competitions = await makeCompetitions(platform, organizer);
  await register(competitions.main, ...participants);
  await register(competitions.pages, ...participants);
  return {
    platform,
    browser,
    organizer,
    participants,
    newcomer,
    competitions,
    submissions: runs ? await makeSubmissions(competitions.pages, participants[0]) : null,
    async close() {
      await browser.close();
      await platform.close();
    },
  };
}

async function makeCompetitions(platform: TestPlatform, organizer: Person): Promise<WebFixture["competitions"]> {
  const picture = await readFile(join(example("temperature-forecast").bundle, "logo.png"));
  const make = (yaml: Record<string, unknown>, pages: string) =>
    platform.newCompetition(organizer, bundleFiles(yaml, { "overview.md": pages, "logo.png": picture }));
  const main = await publishCompetition(organizer, await packBundle(example("tabular-classification"), testImage));
  const phases = await make(
    {
      title: "Ninety days of weather",
      description: "Forecast the daily mean temperature of three stations, three months ahead.",
      phases: [
        phase({ index: 0, name: "Warm-up", start: inDays(-60), end: inDays(-30) }),
        phase({
          index: 1,
          name: "Development",
          start: inDays(-29),
          end: inDays(12),
          max_submissions_per_day: 5,
          description: "Improve your forecast.",
        }),
        phase({ index: 2, name: "Final", start: inDays(13), end: inDays(40) }),
      ],
    },
    "# Weather\n\nForecast it.",
  );
  const pages = await make(
    {
      title: "Cell tracking",
      description: "Follow every cell through 400 frames of phase contrast microscopy.",
      reward: "€ 2,000",
      phases: [phase({ name: "Tracking", end: inDays(41) })],
    },
    richPage,
  );
  const upcoming = await make(
    {
      title: "Code-mixed speech",
      description: "Transcribe speech that changes its language in mid-sentence.",
      phases: [phase({ name: "First", start: inDays(20), end: inDays(60) })],
    },
    "# Speech",
  );
  const over = await make(
    {
      title: "Power flow",
      description: "Predict the flows of a grid after a line is lost, without a solver.",
      phases: [phase({ name: "Only", start: inDays(-90), end: inDays(-10) })],
    },
    "# Grids",
  );
  const secret = await make({ title: "A class of students" }, "# For the class");
  await organizer.client.request("POST", `/api/competitions/${secret.id}/toggle_publish/`);
  return { main, phases, pages, upcoming, ended: over, secret };
}

/** Everything that organizers write: tables, code, formulas, HTML with styles, and what is not to be run or loaded. */
const richPage = String.raw`# Cell tracking

The score is $\frac{2 \cdot TP}{2 \cdot TP + FP + FN}$, averaged over frames:

$$\bar{s} = \frac{1}{n} \sum_{i=1}^{n} s_i$$

| frame | cells | cost |
| --- | --- | --- |
| 1 | 12 | $5 |
| 2 | 14 | $7 |

<p style="color: #1d6b3f; position: fixed; top: 0">Green words that stay where they are.</p>
<img src="https://images.example.org/cells.png" alt="A picture of another site" onerror="document.title = 'run'">
<script>document.title = "run"</script>

~~~python
print("a line of code that is so long that it has to be scrolled sideways on a telephone, which keeps the page narrow")
~~~
`;

async function makeSubmissions(competition: Competition, participant: Person) {
  const phaseId = competition.phases[0]!.id;
  const finished = await submit(participant, phaseId, { "answer.txt": "0.75" });
  const failed = await submit(participant, phaseId, { "answer.txt": "not a number" });
  await Promise.all([finished, failed].map((id) => ended(participant, id)));
  return { finished, failed };
}
