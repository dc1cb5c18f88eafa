import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { assertSucceeded } from "./assert-report.ts";
import { python, results } from "./lab.ts";
import type { Suite } from "./suite.ts";

/** What a program does to the runs of others, and to what the worker reads after it. */
export function hostileRules({ lab, it }: Suite): void {
  describe("hostile programs", () => {
    it("a program that overwrites and replaces all that it was given changes nothing for the next run with the same files (R-191)", async () => {
      const data = { "truth.txt": "the truth", "folder/more.txt": "more" };
      const program = [
        "import json, os",
        "given = ['/app/input/ref', '/app/program', '/app/input/res']",
        "files = [os.path.join(at, f) for top in given for at, _, fs in os.walk(top) for f in fs]",
        "seen = {f: open(f, errors='replace').read() for f in files if 'ref' in f}",
        "json.dump({'accuracy': 1, 'seen': sorted(seen.values())}, open('/app/output/scores.json', 'w'))",
        "def tried(what, *given):",
        "  try: what(*given)",
        "  except OSError: pass",
        "def poison(f): open(f, 'r+').write('poison')",
        "for f in files: tried(poison, f); tried(os.chmod, f, 0o777); tried(os.unlink, f); tried(os.symlink, '/etc/passwd', f)",
      ].join("\n");
      const run = () => lab().run({ submission: results, scoring: python(program), referenceData: data });
      for (const finished of [await run(), await run()]) {
        assertSucceeded(finished);
        const { seen } = JSON.parse(await lab().text(finished.attempt, "scoring/scores.json")) as { seen: unknown };
        assert.deepEqual(seen, ["more", "the truth"]);
      }
    });

    it("sockets, pipes and names of other files in an output hold nothing up, and bring nothing out (R-192)", async () => {
      const finished = await lab().run({
        submission: python(
          [
            "import os, socket",
            "os.chdir('/app/output')",
            "socket.socket(socket.AF_UNIX).bind('socket')",
            "os.mkfifo('pipe')",
            "for place in ('/etc/passwd', '/etc/hostname', '/proc/self/environ'):",
            "  try: os.link(place, 'hard-' + os.path.basename(place))",
            "  except OSError: pass",
            "for name in ('proc', 'self'):",
            "  os.symlink('/proc/self/root', name)",
            "open('plain', 'w').write('plain')",
          ].join("\n"),
        ),
        scoring: python(
          "import os; os.chdir('/app/output'); os.mkfifo('scores.json'); os.mkfifo('detailed_results.html')",
        ),
      });
      assertSucceeded(finished);
      const kept = Object.keys(await lab().output(finished.attempt, "prediction"));
      // Where the kernel lets a program give its image's own files another name, it could copy them just as well.
      assert.deepEqual(kept.filter((name) => !/^hard-(passwd|hostname)$/.test(name)).sort(), ["metadata", "plain"]);
    });

    it("a program that takes every descriptor and every path it gets ends, and its neighbour does not notice (R-193)", async () => {
      const greedy = lab().run({
        submission: results,
        scoring: python(
          [
            "import json, os",
            "taken = []",
            "try:",
            "  while len(taken) < 2_000_000: taken.append(os.open('/dev/null', os.O_RDONLY))",
            "except OSError as problem: error = problem.errno",
            "for one in taken: os.close(one)",
            "json.dump({'accuracy': 1, 'refused': len(taken) < 2_000_000}, open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        ),
      });
      const neighbour = lab().run({
        submission: results,
        scoring: python("open('/app/output/scores.json', 'w').write('{\"accuracy\": 1}')"),
      });
      for (const finished of await Promise.all([greedy, neighbour])) assertSucceeded(finished);
      const { attempt } = await greedy;
      const { refused } = JSON.parse(await lab().text(attempt, "scoring/scores.json")) as { refused: boolean };
      assert.ok(refused, "somewhere there is a limit");
    });
  });
}
