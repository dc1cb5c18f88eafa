/** A synthesized template, as far as rules read it. */
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

/** What a resource does wrong. */
export interface Finding {
  logicalId: string;
  /** A sentence. */
  problem: string;
}

/** A promise that every synthesized template keeps. */
export interface Rule {
  id: string;
  /** The promise, as a sentence. */
  promise: string;
  check(template: Template): Finding[];
}

export type Found = [logicalId: string, properties: Record<string, unknown>, resource: Resource];

/** Resources of a type, with properties that may be read even if there are none. */
export const ofType = ({ Resources }: Template, ...types: string[]): Found[] =>
  Object.entries(Resources).flatMap(([id, resource]): Found[] =>
    types.includes(resource.Type) ? [[id, resource.Properties ?? {}, resource]] : [],
  );

export const asList = <Item>(value: Item | Item[] | undefined): Item[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export const statementsOf = (document: unknown): Statement[] =>
  (document as { Statement?: Statement[] } | undefined)?.Statement ?? [];

/** The logical id that a property refers to, by Ref or Fn::GetAtt. */
export function referred(value: unknown): string | undefined {
  const { Ref, "Fn::GetAtt": attribute } = (value ?? {}) as { Ref?: string; "Fn::GetAtt"?: [string, string] };
  return Ref ?? attribute?.[0];
}

/** A finding for each resource of which a condition does not hold. */
export const unless = (
  resources: Found[],
  holds: (properties: Record<string, unknown>, id: string) => unknown,
  problem: string,
): Finding[] =>
  resources.flatMap(([logicalId, properties]) => (holds(properties, logicalId) ? [] : [{ logicalId, problem }]));
