import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { requireDocker, testImage } from "../../support/docker.ts";
import { waitFor } from "../../support/wait.ts";
import { Lab, python, results, trivialScoring } from "./lab.ts";
import type { TestSubmission, TestWorker } from "./lab.ts";

const docker = async (...args: string[]) => (await promisify(execFile)("docker", args)).stdout.trim();

/** Ids of the containers that hold a network open for a worker: the running ones, or with `--all` any. */
async function holdersOf(worker: TestWorker, ...options: string[]): Promise<string[]> {
  const id = worker.lines.find(({ event }) => event === "worker.ready")?.worker as string;
  const ids = await docker("ps", "-q", ...options, "--filter", `label=benchstack.network=${id}`);
  return ids.split("\n").filter((line) => line !== "");
}

/** Prints the network it runs in, and what it can do to it and to the files that belong to it. */
const look = [
  "import os, socket",
  "def attempt(work):",
  "  try: work(); return True",
  "  except OSError: return False",
  "print(os.readlink('/proc/self/ns/net'))",
  "print([name for _, name in socket.if_nameindex()], open('/proc/net/route').read().count('\\n'))",
  "print(attempt(lambda: socket.create_connection(('1.1.1.1', 53), 2)))",
  "print([attempt(lambda: open('/etc/' + name, 'a')) for name in ('hosts', 'hostname', 'resolv.conf')])",
  "print(socket.gethostbyname('localhost'))",
  "server = socket.create_server(('127.0.0.1', 7777)); client = socket.create_connection(('127.0.0.1', 7777)); print('loopback')",
].join("\n");
const unreachable = ["['lo'] 1", "False", "[False, False, False]", "127.0.0.1", "loopback"];

describe("networks that a worker makes beforehand", () => {
  let lab: Lab;
  let worker: TestWorker;
  beforeAll(requireDocker);
  beforeEach(async () => {
    lab = await Lab.start();
    worker = await lab.readyWorker({ launcher: "docker", slots: 2 });
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  async function printedBy(test: Partial<TestSubmission>): Promise<string[]> {
    const { attempt, report } = await lab.run({ submission: results, scoring: trivialScoring, ...test });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    const logs = ["prediction/ingestion", "scoring/program"].map((name) => lab.text(attempt, `${name}.stdout.log`));
    return (await Promise.all(logs)).join("").trimEnd().split("\n");
  }
  const scoring = python(`${look}\nopen('/app/output/scores.json', 'w').write('{"accuracy": 1}')`);

  /** The first program finds no network made beforehand; one is made meanwhile. */
  async function untilOneIsHeld(): Promise<string> {
    await printedBy({});
    return waitFor("a network to be held", async () => (await holdersOf(worker))[0]);
  }

  /** Prints the network it runs in, and sends nothing. */
  const quiet = python(
    "import os, json\nprint(os.readlink('/proc/self/ns/net'))\njson.dump({}, open('/app/output/scores.json', 'w'))",
  );

  it("have nothing in them but a loopback, and are used again after programs that did not use them (R-122)", async () => {
    const holder = await untilOneIsHeld();
    const [network] = await printedBy({ scoring: quiet });
    assert.deepEqual(await printedBy({ scoring: quiet }), [network]);
    assert.deepEqual(await holdersOf(worker), [holder]);
    assert.deepEqual(await printedBy({ scoring }), [network, ...unreachable]);
  });

  it("are never used again after a program that used them, so that nobody meets its ports or counters (R-122)", async () => {
    /** Leaves ports behind that cannot be bound for a minute. */
    const leave = [
      "import json, os, socket",
      "print(os.readlink('/proc/self/ns/net'))",
      "for port in range(20000, 20010):",
      "  server = socket.create_server(('127.0.0.1', port)); client = socket.create_connection(('127.0.0.1', port))",
      "  server.accept()[0].close(); client.close()",
      "open('/app/output/scores.json', 'w').write('{}')",
    ].join("\n");
    /** Sends nothing but a packet that has nowhere to go. */
    const knock = [
      "import os, socket",
      "print(os.readlink('/proc/self/ns/net'))",
      "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
      "except OSError: pass",
      "open('/app/output/scores.json', 'w').write('{}')",
    ].join("\n");
    const inspect = [
      "import os, socket",
      "print(os.readlink('/proc/self/ns/net'))",
      "print([line for line in open('/proc/net/tcp').read().splitlines()[1:]])",
      "for port in range(20000, 20010): socket.socket().bind(('127.0.0.1', port))",
      "print([number for line in open('/proc/net/dev').read().splitlines()[2:] for number in line.split()[1:] if number != '0'])",
      "print(open('/proc/net/snmp').read().splitlines()[1].split()[-9:])",
      "open('/app/output/scores.json', 'w').write('{}')",
    ].join("\n");
    for (const use of [leave, knock]) {
      const holder = await untilOneIsHeld();
      await printedBy({ scoring: python(use) });
      await waitFor("the network to go", async () => !(await holdersOf(worker)).includes(holder));
      await untilOneIsHeld();
      const [, sockets, counted, routes] = await printedBy({ scoring: python(inspect) });
      assert.deepEqual([sockets, counted, routes], ["[]", "[]", `[${Array(9).fill("'0'").join(", ")}]`]);
    }
  });

  it("are for one container at a time: the two of a step cannot reach each other by network", async () => {
    await untilOneIsHeld();
    // Each says when it listens, and ends when it has tried to reach the other.
    const meet = (own: string, other: string, port: number, otherPort: number) =>
      [
        "import os, socket, time",
        `server = socket.create_server(('127.0.0.1', ${port}))`,
        `open('/app/output/${own}', 'w').close()`,
        `while not os.path.exists('/app/output/${other}'): time.sleep(0.01)`,
        `print(socket.socket().connect_ex(('127.0.0.1', ${otherPort})) == 0, os.readlink('/proc/self/ns/net'), flush=True)`,
        `open('/app/output/${own}-done', 'w').close()`,
        `while not os.path.exists('/app/output/${other}-done'): time.sleep(0.01)`,
      ].join("\n");
    const { attempt, report } = await lab.run({
      submission: python(meet("a", "b", 7001, 7002)),
      ingestion: python(meet("b", "a", 7002, 7001)),
      scoring: trivialScoring,
    });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    const said = await Promise.all(
      ["program", "ingestion"].map((name) => lab.text(attempt, `prediction/${name}.stdout.log`)),
    );
    assert.deepEqual(
      said.map((line) => line.split(" ")[0]),
      ["False", "False"],
    );
    assert.notEqual(said[0], said[1]);
  });

  it("that somebody removed are replaced, and no program fails for it", async () => {
    const holder = await untilOneIsHeld();
    await docker("rm", "--force", holder);
    await printedBy({ scoring: quiet });
    assert.notEqual(await untilOneIsHeld(), holder);
  });

  it("end with their worker, also when that is killed", async () => {
    await untilOneIsHeld();
    await worker.end("SIGKILL");
    await waitFor("the networks to go", async () => (await holdersOf(worker, "--all")).length === 0);
  });

  it("suit images that expose ports", async () => {
    const image = "benchstack-test-exposes:latest";
    const container = await docker("create", testImage);
    await docker("commit", "--change", "EXPOSE 8080/tcp", container, image);
    await docker("rm", container);
    try {
      await untilOneIsHeld();
      const [network] = await printedBy({ scoring: quiet, image });
      assert.deepEqual(await printedBy({ scoring, image }), [network, ...unreachable]);
    } finally {
      await docker("rmi", "--force", image);
    }
  });
});
