import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe } from "@jest/globals";
import { assertSucceeded } from "./assert-report.ts";
import { python, results } from "./lab.ts";
import type { Suite } from "./suite.ts";

/** What programs can reach beside their folders. */
export function reachRules({ lab, launcher, it }: Suite): void {
  describe("what programs can reach", () => {
    it("a program has no network but its own, and none of the worker's environment, files or privileges (R-50, R-52)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python(
          [
            "import json, os, socket",
            "def reach(address):",
            "  try: socket.create_connection(address, 2).close(); return True",
            "  except OSError: return False",
            `api = ('127.0.0.1', ${new URL(lab().api.url).port})`,
            "status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())",
            "interfaces = [name for _, name in socket.if_nameindex()]",
            "json.dump({'api': reach(api), 'internet': reach(('1.1.1.1', 53)), 'interfaces': interfaces,",
            "  'capabilities': int(status['CapEff'], 16), 'noNewPrivileges': int(status['NoNewPrivs']),",
            "  'environment': sorted(os.environ), 'homes': [p for p in ('/home', '/root/.aws', '/root/.ssh', '/root/.pyenv', '/var/run/docker.sock', '/run/docker.sock') if os.path.exists(p) and (not os.path.isdir(p) or os.listdir(p))],",
            "  'processes': [p for p in os.listdir('/proc') if p.isdigit() and 'main.ts' in open(f'/proc/{p}/cmdline').read()],",
            "}, open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        ),
      });
      assertSucceeded(finished);
      const seen = JSON.parse(await lab().text(finished.attempt, "scoring/scores.json")) as Record<string, unknown>;
      const { environment, ...rest } = seen;
      assert.deepEqual(rest, {
        api: false,
        internet: false,
        // That of a task leads to where its deployment lets it, and nothing there but the object store answers.
        interfaces: launcher === "ecs" ? ["lo", "eth0"] : ["lo"],
        capabilities: 0,
        noNewPrivileges: 1,
        homes: [],
        processes: [],
      });
      assert.deepEqual(
        (environment as string[]).filter((name) => /BENCHSTACK|AWS|TOKEN/.test(name)),
        [],
      );
      assert.ok((environment as string[]).includes("PYTHONUNBUFFERED"));
    });

    it("a program that may have a network reaches this machine, in both steps, with no more privileges than others (R-50, R-52)", async () => {
      const asked: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url);
        response.end("an answer");
      });
      const isBridged = launcher !== "sandbox";
      await new Promise<void>((resolve) => server.listen(0, isBridged ? "0.0.0.0" : "127.0.0.1", resolve));
      const ask = [
        "import json, socket, urllib.request",
        // To a container this machine is its default route.
        isBridged
          ? "host = next(socket.inet_ntoa(bytes.fromhex(w[2])[::-1]) for w in map(str.split, open('/proc/net/route')) if w[1] == '00000000')"
          : "host = '127.0.0.1'",
        `ask = lambda path: urllib.request.urlopen(f'http://{host}:${(server.address() as AddressInfo).port}/{path}', timeout=30).read().decode()`,
      ];
      try {
        const finished = await lab().run({
          network: "open",
          submission: python([...ask, "ask('prediction')"].join("\n")),
          scoring: python(
            [
              ...ask,
              "status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())",
              "json.dump({'answer': ask('scoring'), 'capabilities': int(status['CapEff'], 16), 'noNewPrivileges': int(status['NoNewPrivs'])},",
              "  open('/app/output/scores.json', 'w'))",
            ].join("\n"),
          ),
        });
        assertSucceeded(finished);
        const seen = JSON.parse(await lab().text(finished.attempt, "scoring/scores.json")) as unknown;
        assert.deepEqual(seen, { answer: "an answer", capabilities: 0, noNewPrivileges: 1 });
        assert.deepEqual(asked, ["/prediction", "/scoring"]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });
}
