/** The vocabulary of rules: a synthesized template and how to find resources in it. */

/** A synthesized template, with the parts that rules read. */
export interface Template {
  Resources: Record<string, Resource>;
}

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
}

export interface Statement {
  Effect: string;
  Action?: string | string[];
  Resource?: unknown;
  Principal?: Record<string, string | string[]>;
  Condition?: Record<string, Record<string, unknown>>;
}

/** A violation of a rule. */
export interface Finding {
  logicalId: string;
  /** The end of a sentence that starts with the logical id. */
  problem: string;
}

/** A rule that every synthesized template follows. */
export interface Rule {
  id: string;
  /** The rule as a sentence. */
  promise: string;
  check(template: Template): Finding[];
}

export type Found = [logicalId: string, properties: Record<string, unknown>, resource: Resource];

/** The resources of some types. Their properties are an empty object where the template has none. */
export const ofType = ({ Resources }: Template, ...types: string[]): Found[] =>
  Object.entries(Resources).flatMap(([id, resource]): Found[] =>
    types.includes(resource.Type) ? [[id, resource.Properties ?? {}, resource]] : [],
  );

export const asList = <Item>(value: Item | Item[] | undefined): Item[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export const statementsOf = (document: unknown): Statement[] =>
  (document as { Statement?: Statement[] } | undefined)?.Statement ?? [];

/** The logical id that a property refers to with Ref or Fn::GetAtt. */
export function referred(value: unknown): string | undefined {
  const { Ref, "Fn::GetAtt": attribute } = (value ?? {}) as { Ref?: string; "Fn::GetAtt"?: [string, string] };
  return Ref ?? attribute?.[0];
}

/** No name, address or ARN of a resource is longer. */
const longestReference = 160;

/** The most bytes that a value can have as text once CloudFormation has put in what it refers to. */
export function longestText(value: unknown): number {
  if (typeof value !== "object" || value === null) return Buffer.byteLength(String(value));
  const { "Fn::Join": join } = value as { "Fn::Join"?: [string, unknown[]] };
  if (join) return join[1].reduce<number>((sum, part) => sum + join[0].length + longestText(part), 0);
  if (referred(value) !== undefined) return longestReference;
  // Quotes, commas and colons of JSON as well.
  return Object.entries(value).reduce((sum, [key, part]) => sum + key.length + longestText(part) + 6, 2);
}

/** A finding for each resource that does not meet a condition. */
export const unless = (
  resources: Found[],
  holds: (properties: Record<string, unknown>, id: string) => unknown,
  problem: string,
): Finding[] =>
  resources.flatMap(([logicalId, properties]) => (holds(properties, logicalId) ? [] : [{ logicalId, problem }]));
