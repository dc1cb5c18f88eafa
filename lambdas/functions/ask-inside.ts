import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

/** Calls a function inside the VPC from one outside, and returns its answer. The error's text is left out: it may quote the request. */
export async function askInside(functionName: string, request: unknown): Promise<unknown> {
  const { FunctionError, Payload } = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
  );
  if (FunctionError || !Payload) throw new Error("the function inside failed");
  return JSON.parse(Payload.transformToString()) as unknown;
}
