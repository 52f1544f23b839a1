/** A CloudFormation template as the commands read it. */
import { type Fields, fieldsOf, isFields, listOf, textOf } from './json';

export interface TemplateResource {
  readonly type: string;
  readonly properties: Fields;
  readonly metadata: Fields;
  readonly dependsOn: readonly string[];
}

export interface Template {
  /** The resources by their logical ids. The other members have the same kind of key. */
  readonly resources: ReadonlyMap<string, TemplateResource>;
  readonly parameters: ReadonlyMap<string, Fields>;
  readonly outputs: ReadonlyMap<string, Fields>;
  readonly conditions: ReadonlyMap<string, unknown>;
  readonly mappings: ReadonlyMap<string, Fields>;
}

/** Reads a template. Parts that are not as CloudFormation documents them are left out. */
export function templateOf(json: Fields): Template {
  return {
    resources: new Map([...objectsIn(json.Resources)].flatMap(([id, resource]) => {
      const type = textOf(resource.Type);
      return type === undefined ? [] : [[id, resourceOf(type, resource)] as const];
    })),
    parameters: objectsIn(json.Parameters),
    outputs: objectsIn(json.Outputs),
    conditions: new Map(Object.entries(fieldsOf(json.Conditions))),
    mappings: objectsIn(json.Mappings),
  };
}

function resourceOf(type: string, { Properties, Metadata, DependsOn }: Fields): TemplateResource {
  const dependsOn = typeof DependsOn === 'string' ? [DependsOn] : listOf(DependsOn);
  return {
    type, properties: fieldsOf(Properties), metadata: fieldsOf(Metadata),
    dependsOn: dependsOn.flatMap(each => textOf(each) ?? []),
  };
}

function objectsIn(value: unknown): Map<string, Fields> {
  return new Map(Object.entries(fieldsOf(value)).filter((entry): entry is [string, Fields] => isFields(entry[1])));
}
