import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { processLog } from "../kernel/log.ts";

/** What a custom resource tells CloudFormation. */
export interface CustomResourceResult {
  /** CloudFormation deletes the resource with the old id when this changes. */
  PhysicalResourceId: string;
  Data?: Record<string, string>;
}

/**
 * Makes the handler of a custom resource. It always answers CloudFormation, which would otherwise wait for an hour. A resource of
 * a new type needs a function of its own: after a rollback, CloudFormation deletes the resource with the code of the release
 * before, which does not know the type.
 */
export const customResource =
  (handle: (event: CloudFormationCustomResourceEvent) => Promise<CustomResourceResult>) =>
  async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    let result: CustomResourceResult | undefined;
    let failure: Error | undefined;
    try {
      result = await handle(event);
    } catch (error) {
      failure = error as Error;
      processLog().error("deployment.failed", { error });
    }
    const answer = {
      Status: failure ? "FAILED" : "SUCCESS",
      Reason: failure?.message.slice(0, 1000),
      PhysicalResourceId: "PhysicalResourceId" in event ? event.PhysicalResourceId : event.LogicalResourceId,
      ...result,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    };
    const { ok, status } = await fetch(event.ResponseURL, { method: "PUT", body: JSON.stringify(answer) });
    if (!ok) throw new Error(`CloudFormation did not take the answer: HTTP ${status}.`);
  };
