import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { areas } from "../../../lambdas/functions/areas.ts";
import { asList, ofType, referred, statementsOf } from "../../../lib/rules/template.ts";
import { callsOf } from "./fixtures/calls.ts";
import { templateOf } from "./fixtures/synthesized.ts";

/** The one that has every function. */
const template = templateOf("what an institution asks for");

/** Entries of functions by the descriptions they are deployed with. */
const entries: Record<string, string> = {
  ...Object.fromEntries(Object.entries(areas).map(([name, { entry }]) => [`API: ${name}`, entry])),
  "Does slow work: unpacks competition bundles, makes dumps, runs phases again, erases data":
    "lambdas/functions/events/control.ts",
  "Recovers expired leases and unsent messages, and counts open jobs": "lambdas/functions/events/sweeper.ts",
  "Records why the ECS task of a step stopped": "lambdas/functions/events/ecs-task-stopped.ts",
  "Makes an account an administrator again, for whoever runs the platform": "lambdas/functions/events/recover.ts",
  "Migrates the database": "lambdas/functions/events/migrate.ts",
  "Tries worksheets as people do": "lambdas/functions/events/canary.ts",
  "Sets the number of workers": "lambdas/functions/events/scaler.ts",
  "Hands out mail to send, and records the result": "lambdas/functions/events/outgoing-mail.ts",
  "Sends mail": "lambdas/functions/events/mailer.ts",
  "Starts the migration of the database on deploy, and cleans up when the stack is deleted":
    "lambdas/functions/events/on-deploy.ts",
  "Ends the EC2 hosts of a capacity provider that is removed": "lambdas/functions/events/end-hosts.ts",
  "Says which requested hosts to make, and records the result": "lambdas/functions/events/host-orders.ts",
  "Makes and removes the capacity providers that owners of queues requested": "lambdas/functions/events/hosts.ts",
  "Bills the time of EC2 hosts without a step": "lambdas/functions/events/host-time.ts",
  "Looks which EC2 hosts run, and since when": "lambdas/functions/events/look-at-hosts.ts",
  "Removes the capacity providers that owners of queues requested when the stack is deleted":
    "lambdas/functions/events/remove-hosts.ts",
  "Protects the database and sets the budget at the end of a deploy": "lambdas/functions/events/finish-deploy.ts",
  "Uploads the web application on deploy": "lambdas/functions/events/publish-web.ts",
};
/**
 * The API's description has the routes of every area in its bundle and runs none of them. Accounts have the services of what
 * people own, and neither make nor delete queues.
 */
const neverRun: Record<string, string[]> = {
  "API: accounts": ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue"],
  "API: description": ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue"],
};
const worker = "worker-image/main.ts";
const calls = await callsOf([...Object.values(entries), worker]);

/** Our functions: those of CDK have no description of ours. */
const functions = ofType(template, "AWS::Lambda::Function").filter(
  ([, { Description }]) => String(Description) in entries,
);

function statementsOfRole(role: string | undefined) {
  const attached = ofType(template, "AWS::IAM::Policy").filter(([, { Roles }]) =>
    asList(Roles as unknown[]).some((one) => referred(one) === role),
  );
  return attached.flatMap(([, { PolicyDocument }]) => statementsOf(PolicyDocument));
}

/** What Lambda itself needs to read a queue for a function. */
const ofEventSource = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ReceiveMessage",
];

function granted(id: string, role: string | undefined): string[] {
  const actions = [...new Set(statementsOfRole(role).flatMap(({ Action }) => asList(Action)))].sort();
  const reads = ofType(template, "AWS::Lambda::EventSourceMapping").some(
    ([, { FunctionName }]) => referred(FunctionName) === id,
  );
  if (reads) for (const action of ofEventSource) assert.ok(actions.includes(action), `${id} lacks ${action}`);
  return actions.filter((action) => action !== "rds-db:connect" && !(reads && ofEventSource.includes(action)));
}

/** The Postgres role that a function may sign in as. */
const signsInAs = (role: string | undefined) =>
  statementsOfRole(role)
    .filter(({ Action }) => Action === "rds-db:connect")
    .flatMap(({ Resource }) => /benchstack_\w+/.exec(JSON.stringify(Resource))?.[0] ?? []);

describe("roles allow exactly what the code calls", () => {
  it("of every function", () =>
    assert.deepEqual(functions.map(([, { Description }]) => Description).sort(), Object.keys(entries).sort()));

  for (const [id, { Description, Role }] of functions)
    it(`of ${String(Description)}`, () => {
      const called = calls[entries[String(Description)]!]!.filter(
        (action) => !neverRun[String(Description)]?.includes(action),
      );
      assert.deepEqual(granted(id, referred(Role)), called);
    });

  it("of the worker", () => {
    const [id, { TaskRoleArn }] = ofType(template, "AWS::ECS::TaskDefinition").find(([id]) =>
      id.startsWith("Compute"),
    )!;
    assert.deepEqual(granted(id, referred(TaskRoleArn)), calls[worker]);
  });
});

/** What starts a function. */
function startedBy(id: string): string {
  const sources = [
    ...ofType(template, "AWS::Lambda::EventSourceMapping").flatMap(([, { FunctionName, EventSourceArn }]) =>
      referred(FunctionName) === id ? [`queue ${/Queues([A-Z][a-z]+)/.exec(referred(EventSourceArn)!)![1]!}`] : [],
    ),
    ...ofType(template, "AWS::Events::Rule").flatMap(([, { Targets, ScheduleExpression }]) =>
      asList(Targets as { Arn: unknown }[]).some(({ Arn }) => referred(Arn) === id)
        ? [String(ScheduleExpression ?? "an ECS task that stops")]
        : [],
    ),
    ...(ofType(template, "AWS::ApiGatewayV2::Integration").some(
      ([, { IntegrationUri }]) => referred(IntegrationUri) === id,
    )
      ? ["requests"]
      : []),
    ...(ofType(
      template,
      "Custom::Database",
      "Custom::Hosts",
      "Custom::RequestedHosts",
      "Custom::Finish",
      "Custom::WebFiles",
    ).some(([, { ServiceToken }]) => referred(ServiceToken) === id)
      ? ["CloudFormation"]
      : []),
  ];
  const isInvoked = ofType(template, "AWS::IAM::Policy").some(([, { PolicyDocument }]) =>
    statementsOf(PolicyDocument).some(
      ({ Action, Resource }) =>
        asList(Action).includes("lambda:InvokeFunction") && asList(Resource).some((one) => referred(one) === id),
    ),
  );
  return sources.join(", ") || (isInvoked ? "the function outside" : "people");
}

const table = [
  "| function | code | where | started by | Postgres role | may call |",
  "| --- | --- | --- | --- | --- | --- |",
  ...functions.map(([id, { Description, VpcConfig, Role }]) =>
    [
      "",
      ` ${String(Description)} `,
      ` \`${entries[String(Description)]!}\` `,
      VpcConfig ? " inside " : " outside ",
      ` ${startedBy(id)} `,
      ` ${signsInAs(referred(Role)).join(", ") || (VpcConfig ? "the owner, by password" : "–")} `,
      ` ${granted(id, referred(Role)).join(", ") || "–"} `,
      "",
    ].join("|"),
  ),
].join("\n");

it("docs/architecture.md has the functions as they are deployed", () => {
  const [, written] =
    /<!-- functions -->\n([^]*?)<!-- \/functions -->/.exec(readFileSync("docs/architecture.md", "utf8")) ?? [];
  assert.equal(written?.trim(), table, `Put this between the marks:\n${table}`);
});
