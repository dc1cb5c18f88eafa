// A kind of jobs for tests. Its one step runs a program on input files and leaves its output.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, Context as LambdaContext } from "aws-lambda";
import { sql } from "kysely";
import * as z from "zod";
import { artifacts, type JobSpec, type ObjectRef } from "../../../contract/job.ts";
import { serve } from "../../../lambdas/functions/serve.ts";
import { workerRoutes } from "../../../lambdas/jobs/api/worker.ts";
import type { JobOwner, JobOwners } from "../../../lambdas/jobs/service/job-owner.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { testImage } from "../../support/docker.ts";

/** Makes the table in which the owner of test jobs writes what it is told. */
export async function createTestTable({ db }: Context): Promise<void> {
  await sql`create table test_events (id serial primary key, job_id uuid not null, event jsonb not null)`.execute(db);
}

const note = (tx: Parameters<JobOwner["ended"]>[0], jobId: string, event: unknown) =>
  sql`insert into test_events (job_id, event) values (${jobId}, ${JSON.stringify(event)})`.execute(tx);

/** What the owner of test jobs was told about a job, oldest first. */
export async function eventsOf({ db }: Context, jobId: string): Promise<unknown[]> {
  const { rows } = await sql<{ event: unknown }>`
    select event from test_events where job_id = ${jobId} order by id`.execute(db);
  return rows.map(({ event }) => event);
}

/** Reads the answer that a program left, and notes everything in the transaction of the execution plane. */
export const testJobs: JobOwner<{ answer: string }> = {
  kind: "test",
  shown: z.object({ test: z.string() }),
  claimed: async (tx, jobId, firstStep) => void (await note(tx, jobId, ["claimed", firstStep])),
  progressed: async (tx, jobId, { step, stage }) => void (await note(tx, jobId, ["progressed", step, stage])),
  returned: async (tx, jobId, failure) => void (await note(tx, jobId, ["returned", failure?.code ?? null])),
  async judge({ objects }, { files }) {
    const key = files + artifacts.collected("run", "answer.txt");
    const answer = (await objects.get({ bucket: "jobs", key }, 1000)).toString();
    if (answer === "") return { state: "failed", failure: { code: "NO_ANSWER", message: "It is empty.", step: "run" } };
    return { state: "succeeded", result: { answer } };
  },
  async ended(tx, jobId, end) {
    await note(tx, jobId, ["ended", end]);
    return true;
  },
  replayed: async (tx, _, jobId) => void (await note(tx, jobId, ["replayed"])),
  describe: (_, jobIds) =>
    Promise.resolve(new Map(jobIds.map((id) => [id, { shown: { test: id }, audited: { test: id } }]))),
};

/** A job that runs a program beside some input. */
export const testJob = (program: ObjectRef, input: ObjectRef): JobSpec => ({
  steps: [
    {
      name: "run",
      image: testImage,
      timeLimitSeconds: 60,
      network: "none",
      limits: {
        cpus: 1,
        memoryBytes: 512_000_000,
        pids: 64,
        diskBytes: 100_000_000,
        logBytes: 100_000,
        outputBytes: 10_000_000,
      },
      folders: [
        {
          name: "program",
          contents: [{ at: "", archive: { from: "object", object: program, cache: true, label: "program" } }],
        },
        {
          name: "input",
          contents: [{ at: "", archive: { from: "object", object: input, cache: false, label: "input" } }],
        },
        { name: "output", contents: [] },
      ],
      containers: [
        {
          name: "program",
          program: "program",
          workingDirectory: "/job/program",
          mounts: [
            { folder: "program", subfolder: "", path: "/job/program", readOnly: true },
            { folder: "input", subfolder: "", path: "/job/input", readOnly: true },
            { folder: "output", subfolder: "", path: "/job/output", readOnly: false },
          ],
          substitutions: [["$in", "/job/input"]],
          withoutMetadata: "error",
          mustSucceed: true,
        },
      ],
      output: "output",
      collect: [{ as: "answer.txt", candidates: ["answer.txt"], maxBytes: 1000, live: false }],
    },
  ],
});

/** A job whose one step runs a command of a shell in an empty folder, and answers questions about it. */
export const shellJob = (command: string, input: ObjectRef): JobSpec => {
  const [step] = testJob(input, input).steps;
  return {
    steps: [
      {
        ...step!,
        folders: [
          {
            name: "input",
            contents: [
              {
                at: "in/number.txt",
                isFile: true,
                archive: { from: "object", object: input, cache: true, label: "input" },
              },
            ],
          },
          { name: "output", contents: [] },
        ],
        containers: [
          {
            name: "program",
            program: "",
            argv: ["/bin/sh", "-c", command],
            workingDirectory: "/work",
            mounts: [
              { folder: "output", subfolder: "", path: "/work", readOnly: false },
              { folder: "input", subfolder: "in", path: "/input", readOnly: true },
            ],
            substitutions: [],
            withoutMetadata: "error",
            mustSucceed: true,
          },
        ],
        leaveOut: ["*.tmp", "/left"],
        answers: true,
      },
    ],
  };
};

/** The worker API of the platform in this process, for some owners. */
export async function startWorkerApi(owners: JobOwners): Promise<{ url: string; close(): Promise<void> }> {
  const handler = serve({ worker: workerRoutes(owners) });
  const server = createServer((request, response) => {
    void text(request)
      .then((body) =>
        handler(
          {
            rawPath: request.url ?? "",
            headers: request.headers,
            body,
            isBase64Encoded: false,
            requestContext: { requestId: "test", http: { method: request.method } },
          } as unknown as APIGatewayProxyEventV2,
          {} as LambdaContext,
        ),
      )
      .then(({ statusCode = 500, body }) => {
        response.writeHead(statusCode, { "content-type": "application/json" }).end(body);
      });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
