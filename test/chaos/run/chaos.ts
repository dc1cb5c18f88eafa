/** A platform that takes submissions while its parts are killed at random. */
import { setTimeout as pause } from "node:timers/promises";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, publishCompetition, python, scoreOfAnswer, upload, zip } from "../../support/competitions.ts";
import { personOf, type Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { blows, type Blow, type Kind } from "./plan.ts";
import { startServices, type Service, type Services, type Worker } from "./services.ts";
import { judge, recoveries, type Moment, type Sent, type Verdict } from "./verdict.ts";

export interface ChaosOrders {
  submissions: number;
  /** In which they are sent. */
  minutes: number;
  seed: number;
  workers: number;
  /** An empty folder for files and logs. */
  folder: string;
  say: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  accepted: number;
  /** Requests that had no answer. */
  unanswered: number;
  counts: Map<Kind, number>;
  /** How long blows were felt, in milliseconds, shortest first. */
  recoveries: number[];
}

const patienceMs = 15 * 60_000;
/** Requests at once, so that an outage does not pile them up. */
const maxSenders = 8;

export async function runChaos(orders: ChaosOrders): Promise<ChaosResult> {
  const services = await startServices(orders.folder, orders.workers);
  try {
    const admin = await personOf(services.url, "admin", services.adminPassword);
    const bundle = bundleFiles({}, python(scoreOfAnswer, "scoring_program/"));
    const competition = await publishCompetition(admin, bundle);
    for (const worker of services.workers) await waitFor("a worker", () => worker.id());
    const strikes = new Strikes(services, orders);
    const sending = sendAll(orders, admin, competition);
    const striking = strikes.until(sending);
    const sent = await sending;
    await striking;
    orders.say("All is sent and all parts run. Waiting for the last submissions.");
    await waitFor("all jobs to end", () => hasEnded(services), patienceMs);
    const accepted = [...sent.values()].filter(({ id }) => id !== null).length;
    return {
      ...(await judge(services.db, sent)),
      accepted,
      unanswered: sent.size - accepted,
      counts: strikes.counts,
      recoveries: await recoveries(services.db, strikes.moments),
    };
  } finally {
    await services.stop();
  }
}

/** Sends submissions at a steady pace, each until it is accepted. Gives what was sent by its key. */
async function sendAll(
  { submissions, minutes }: ChaosOrders,
  person: Person,
  { phases }: Competition,
): Promise<Map<string, Sent>> {
  const sent = new Map<string, Sent>();
  const send = async (at: number): Promise<void> => {
    const answer = String(at);
    for (;;) {
      let key: string | undefined;
      try {
        key = await upload(person, "submission", await zip({ "answer.txt": answer }), "submission.zip");
        sent.set(key, { answer, id: null });
        const { id } = await person.client.submit(phases[0]!.id, key);
        sent.set(key, { answer, id });
        return;
      } catch {
        // A part of the platform is down. What was sent may have arrived, so the next try has another file.
        await pause(200);
      }
    }
  };
  const senders = new Set<Promise<void>>();
  for (let at = 0; at < submissions; at++) {
    if (senders.size >= maxSenders) await Promise.race(senders);
    const sender = send(at).finally(() => senders.delete(sender));
    senders.add(sender);
    await pause((minutes * 60_000) / submissions);
  }
  await Promise.all(senders);
  return sent;
}

const hasEnded = async ({ db }: Services): Promise<boolean> =>
  (await db.selectFrom("jobs").select("id").where("state", "in", ["ready", "leased"]).limit(1).execute()).length ===
    0 && (await db.selectFrom("outbox").select("id").where("sent_when", "is", null).limit(1).execute()).length === 0;

/** Kills and freezes parts of the platform, one after the other. A frozen worker stays so while other parts are killed. */
class Strikes {
  readonly counts = new Map<Kind, number>();
  readonly moments: Moment[] = [];
  readonly #services: Services;
  readonly #orders: ChaosOrders;
  readonly #frozen = new Set<Worker>();
  /** Of all workers that were frozen, when they run again. */
  readonly #thaws: Promise<void>[] = [];

  constructor(services: Services, orders: ChaosOrders) {
    this.#services = services;
    this.#orders = orders;
  }

  async until(end: Promise<unknown>): Promise<void> {
    const over = end.then(() => true);
    for (const blow of blows(this.#orders.seed)) {
      if (await Promise.race([pause(blow.afterMs, false), over])) break;
      await this.#strike(blow);
    }
    await Promise.all(this.#thaws);
  }

  /** Resolves when the part runs again; a frozen worker does so later. */
  async #strike({ kind, target, downMs }: Blow): Promise<void> {
    const { workers, platform, database, store, queues } = this.#services;
    const awake = workers.filter((worker) => !this.#frozen.has(worker));
    const worker = awake[Math.floor(target * awake.length)];
    // One worker always goes on.
    if (kind.includes("worker") && (!worker || awake.length === 1)) return;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.moments.push({ at: new Date(), jobs: await this.#running() });
    this.#orders.say(kind);
    if (kind === "freeze a worker past its lease") {
      this.#thaws.push(this.#freeze(worker!));
      return;
    }
    const parts: Record<Exclude<Kind, "freeze a worker past its lease">, Service> = {
      "kill a worker": worker!,
      "kill the platform": platform,
      "kill the database": database,
      "kill the object store": store,
      "kill the queues": queues,
    };
    await parts[kind].kill();
    await pause(downMs);
    await parts[kind].start();
  }

  /** It wakes up when its leases have run out and others have its jobs, and then reports what its programs did. */
  #freeze(worker: Worker): Promise<void> {
    this.#frozen.add(worker);
    worker.freeze();
    const isSuperseded = async () => {
      const held = this.#services.db.selectFrom("attempts").select("id").where("ended_when", "is", null);
      return (await held.where("worker_id", "=", await worker.id()).execute()).length === 0;
    };
    return waitFor("a frozen worker to lose its jobs", isSuperseded, patienceMs).then(() => {
      worker.thaw();
      this.#frozen.delete(worker);
    });
  }

  async #running(): Promise<string[]> {
    const leased = this.#services.db.selectFrom("jobs").select("id").where("state", "=", "leased");
    const rows = await waitFor("the database", async () => ({ found: await leased.execute() }), patienceMs);
    return rows.found.map(({ id }) => id);
  }
}
