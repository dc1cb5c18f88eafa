import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { areas } from "../../../lambdas/functions/areas.ts";
import { readEnvironment, type FunctionKind, type Variables } from "../../../lambdas/kernel/environment.ts";
import { ofType } from "../../../lib/rules/template.ts";
import { combinations } from "./fixtures/combinations.ts";
import { templateOf } from "./fixtures/synthesized.ts";

/** The kinds of functions outside the VPC, by the beginning of their logical ids. */
const outside: Record<string, FunctionKind> = {
  Apicredentials: "credentials",
  Apisignin: "signIn",
  CanaryRun: "canary",
  ComputeCapacityEndHosts: "customResource",
  EventsMailSender: "mailer",
  EventsScaler: "scaler",
  FinishFunction: "customResource",
  HostTimeLook: "hostLook",
  RequestedHostsMaker: "hosts",
  RequestedHostsRemover: "customResource",
  SetupOnDeploy: "onDeploy",
  WebPublish: "customResource",
};
const kindOf = (id: string): FunctionKind =>
  Object.entries(outside).find(([prefix]) => id.startsWith(prefix))?.[1] ?? "inside";

/** A value of a template as a deployment could have it. */
function deployed(value: unknown): string {
  if (typeof value === "string") return value;
  const { "Fn::Join": join } = value as { "Fn::Join"?: [separator: string, parts: unknown[]] };
  return join ? join[1].map(deployed).join(join[0]) : `arn:aws:service:region:account:${JSON.stringify(value).length}`;
}

/** The variables of every function of the platform; functions of CDK have no description of ours. */
const functionsOf = (combination: string) =>
  ofType(templateOf(combination), "AWS::Lambda::Function").flatMap(([id, { Description, Environment }]) =>
    Description === undefined || /^(AWS|Lambda function|Custom)/.test(id)
      ? []
      : [{ id, variables: (Environment as { Variables: Record<string, unknown> } | undefined)?.Variables ?? {} }],
  );

describe("the environment of functions", () => {
  for (const combination of Object.keys(combinations))
    it(`is valid for the kind of every function and has no other variable (${combination})`, () => {
      const functions = functionsOf(combination);
      assert.ok(functions.length > Object.keys(areas).length);
      for (const { id, variables } of functions) {
        const values = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, deployed(value)]));
        const { AWS_REGION: _, ...read } = readEnvironment(kindOf(id), { AWS_REGION: "eu-central-1", ...values });
        assert.deepEqual(
          Object.keys(values).filter((name) => !(name in read)),
          [],
          id,
        );
      }
    });

  it("has the options of the deployment", () => {
    const inside = (combination: string) =>
      functionsOf(combination)
        .filter(({ id }) => kindOf(id) === "inside")
        .map(({ variables: { SIGN_IN, FREE_TRIES, MAX_EXECUTION_TIME_LIMIT } }) => [
          (JSON.parse(String(SIGN_IN)) as { signUp: string }).signUp,
          (JSON.parse(String(FREE_TRIES)) as { signUp: number }).signUp,
          MAX_EXECUTION_TIME_LIMIT,
        ]);
    for (const one of inside("defaults")) assert.deepEqual(one, ["open", 100, "600"]);
    for (const one of inside("what an institution asks for")) assert.deepEqual(one, ["domains", 400, "3600"]);
  });

  it("does not compile with a variable that is missing, unknown or misspelt", () => {
    const mailer: Variables<"mailer"> = { OUTGOING_MAIL_FUNCTION: "function", MAIL_FROM: "bench@example.org" };
    // @ts-expect-error A variable is missing.
    const missing: Variables<"mailer"> = { MAIL_FROM: "bench@example.org" };
    // @ts-expect-error A variable is unknown.
    const unknown: Variables<"mailer"> = { ...mailer, ECS_CLUSTER: "cluster", MAIL_QUEUE: undefined };
    // @ts-expect-error A required variable cannot be unset.
    const unset: Variables<"mailer"> = { ...mailer, MAIL_FROM: undefined };
    for (const one of [missing, unset])
      assert.throws(() => readEnvironment("mailer", { AWS_REGION: "region", ...one }));
    assert.ok(unknown);
  });
});
