import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { EcsLab } from "./ecs-lab.ts";
import { containerOf, python, results } from "./lab.ts";
import type { Finished, TestSubmission } from "./lab.ts";

describe("hostile programs in tasks of a cluster", () => {
  let ecs: EcsLab;
  beforeAll(async () => {
    ecs = await EcsLab.start();
    await ecs.worker(4);
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  const score = (lines: string[], test: Partial<TestSubmission> = {}): Promise<Finished> =>
    ecs.lab.run({ submission: results, scoring: python(lines.join("\n")), ...test });
  const scores = async ({ attempt }: Finished) =>
    JSON.parse(await ecs.lab.text(attempt, "scoring/scores.json")) as unknown;

  it.concurrent(
    "find no metadata address, no internet, no signed URL, no privilege and no other container's processes",
    async () => {
      const finished = await score([
        "import glob, json, os, socket",
        "def reach(host, port):",
        "  try: socket.create_connection((host, port), 2).close(); return True",
        "  except OSError: return False",
        "def text(path):",
        "  try: return open(path, errors='replace').read()",
        "  except OSError: return ''",
        "status = dict(line.split(':', 1) for line in text('/proc/self/status').splitlines())",
        "everything = ''.join(text(path) for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/benchstack/**', recursive=True) if 'wrapper' not in path)",
        "json.dump({'addresses': [reach('169.254.170.2', 80), reach('169.254.169.254', 80), reach('1.1.1.1', 53)],",
        "  'signed': 'X-Amz-Signature' in everything, 'metadata': '/v4/' in everything,",
        "  'capabilities': int(status['CapEff'], 16) | int(status['CapBnd'], 16), 'noNewPrivileges': int(status['NoNewPrivs']),",
        "  'processes': sum(b'supervise' in open(path, 'rb').read() for path in glob.glob('/proc/[0-9]*/cmdline')),",
        "  'step': os.path.exists('/benchstack/step'), 'folders': sorted(os.listdir('/benchstack'))}, open('/app/output/scores.json', 'w'))",
      ]);
      assert.deepEqual(await scores(finished), {
        addresses: [false, false, false],
        signed: false,
        metadata: false,
        capabilities: 0,
        noNewPrivileges: 1,
        processes: 0,
        step: false,
        folders: ["control", "logs"],
      });
    },
  );

  it.concurrent(
    "forge nothing: not how they ended, not the other container's end, not a log, not an output",
    async () => {
      const finished = await score([
        "import json, os, signal, sys",
        "def tries(work):",
        "  try: work(); return 'done'",
        "  except OSError as error: return type(error).__name__",
        "import ctypes; tracing = ctypes.CDLL(None).ptrace(16, 1, 0, 0)",
        "tried = [tracing, tries(lambda: open('/proc/1/mem', 'rb')), tries(lambda: open('/benchstack/control/stop', 'w')), tries(lambda: open('/benchstack/control/plan', 'w')), tries(lambda: os.unlink('/benchstack/control/wrapper'))]",
        "print('said'); sys.stdout.flush()",
        "import time; time.sleep(1)",
        "for name in ('stdout', 'stderr'):",
        "  os.unlink(f'/benchstack/logs/{name}'); os.symlink('/proc/self/environ', f'/benchstack/logs/{name}')",
        "os.symlink('/benchstack/control/plan', '/app/output/detailed_results.html')",
        "os.kill(1, signal.SIGKILL); os.kill(1, signal.SIGSTOP)",
        "json.dump(tried, open('/app/output/scores.json', 'w'))",
        "open('/app/output/task', 'w').write('{\"exitCode\": 0}')",
        "sys.exit(9)",
      ]);
      assert.equal(finished.report.failure?.code, "PROGRAM_EXIT");
      assert.equal(containerOf(finished.report, "scoring").exitCode, 9);
      assert.deepEqual(await scores(finished), [-1, "PermissionError", "OSError", "OSError", "OSError"]);
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/program.stdout.log"), "said\n");
      assert.deepEqual(Object.keys(await ecs.lab.output(finished.attempt, "scoring")).sort(), [
        "metadata",
        "scores.json",
        "task",
      ]);
    },
  );

  it.concurrent("end at their time limit, with all that they left behind, whatever they ignore", async () => {
    const finished = await score(
      [
        "import os, signal, subprocess",
        "for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)",
        "for _ in range(20): subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" TERM HUP; while :; do sleep 1; done'])",
        "while True:",
        "  try: os.fork() or os.setsid()",
        "  except OSError: pass",
      ],
      { image: await ecs.asUser(20_001), limits: { pids: 60 }, timeLimitSeconds: 2 },
    );
    assert.equal(finished.report.failure?.code, "TIME_LIMIT");
  });

  it.concurrent("are stopped when they fill the folder of their logs", async () => {
    const finished = await score(
      ["with open('/benchstack/logs/fill', 'wb') as f:", "  while True: f.write(b'x' * 1_000_000)"],
      {
        limits: { diskBytes: 50_000_000 },
      },
    );
    assert.equal(finished.report.failure?.code, "DISK_LIMIT", JSON.stringify(finished.report.failure));
  });
});
