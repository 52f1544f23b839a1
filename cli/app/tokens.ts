/**
 * Evaluates intrinsic functions of a template before it is deployed, as far as that is possible.
 *
 * A value that cannot be known comes back as a marker with the reason. Two reasons are kept apart: a resource that is
 * not yet there cannot be meant by anything in the account, and about anything else that is unknown nothing is proved.
 */
import { fieldsOf, functionOf, isFields, listOf, own, textOf } from './json';
import { type Template, templateOf, type TemplateResource } from './template';

/** The deployment creates the resource, so nothing in the account refers to it. */
export interface NotYetThere {
  readonly kind: 'notYetThere';
  /** The type of the resource and its name, such as `AWS::EC2::SecurityGroup Web/Group`. */
  readonly what: string;
}

/** There may be a value, and it cannot be told. */
export interface Unknown {
  readonly kind: 'unknown';
  /** Such as `the export Web:VpcId`. */
  readonly what: string;
  /** Why it cannot be told. */
  readonly why: string;
}

export type Marker = NotYetThere | Unknown;

/** The value `undefined` is that of `AWS::NoValue`. */
export type Resolved = { readonly kind: 'value'; readonly value: unknown } | Marker;

/** The values that a template refers to. */
export interface Lookups {
  readonly template: Template;
  /** @returns undefined if the deployed stack has no such resource, or could not be read */
  readonly physicalId: (logicalId: string) => string | undefined;
  /** The reason why the deployed stack could not be read. Absent if it was read, or does not exist. */
  readonly unread?: string;
  /** @returns undefined if the parameter has its default value */
  readonly parameter: (name: string) => Resolved | undefined;
  /** Returns the value of a pseudo parameter such as `AWS::Region`. */
  readonly pseudo: (name: string) => Resolved;
  readonly exported: (name: string) => Resolved;
  /** Returns an output of a nested stack. */
  readonly output: (logicalId: string, name: string) => Resolved;
  /** Returns the path of the construct of a resource. */
  readonly constructPath: (logicalId: string) => string | undefined;
}

export const valueOf = (value: unknown): Resolved => ({ kind: 'value', value });
export const unknownOf = (what: string, why: string): Unknown => ({ kind: 'unknown', what, why });

/** Explains a marker, such as `AWS::EC2::VPC Web/Vpc is not yet there`. */
export function markerWords(marker: Marker): string {
  return marker.kind === 'notYetThere' ? `${marker.what} is not yet there` : `${marker.what}: ${marker.why}`;
}

const NOT_LOOKED_UP = unknownOf('a value', 'it was not looked up');

/** Leaves everything open that a template does not say itself. */
export const NO_LOOKUPS: Lookups = {
  template: templateOf({}),
  physicalId: () => undefined,
  unread: NOT_LOOKED_UP.why,
  parameter: () => undefined,
  pseudo: () => NOT_LOOKED_UP,
  exported: () => NOT_LOOKED_UP,
  output: () => NOT_LOOKED_UP,
  constructPath: () => undefined,
};

export function resolve(value: unknown, lookups: Lookups): Resolved {
  return resolved(value, { lookups, within: [] });
}

/** A text in which each part that cannot be known is a placeholder. */
export interface ResolvedText {
  readonly text: string;
  /**
   * The values that the placeholders stand for. A placeholder consists of digits, so it may be in a JSON text wherever
   * a text or a number may be. It is a number that JavaScript represents exactly, and nothing else in the text contains
   * it.
   */
  readonly markers: ReadonlyMap<string, Marker>;
}

/** Evaluates a text of which parts may be unknown, such as the JSON text that `Stack.toJsonString` makes. */
export function resolveText(value: unknown, lookups = NO_LOOKUPS): ResolvedText {
  const parts = partsOf(value, { lookups, within: [] });
  const stem = stemFor(parts.filter(part => typeof part === 'string').join('\n'));
  const markers = new Map<string, Marker>();
  const text = parts.map(part => {
    if (typeof part === 'string') return part;
    const placeholder = `${stem}${String(markers.size).padStart(COUNT_DIGITS, '0')}`;
    markers.set(placeholder, part);
    return placeholder;
  }).join('');
  return { text, markers };
}

/** A placeholder has 16 digits and stays below 2^53. A configuration has room for fewer tokens than are counted so. */
const FIRST_STEM = 700_000_000_000;
const COUNT_DIGITS = 4;

function stemFor(known: string): number {
  let stem = FIRST_STEM;
  while (known.includes(String(stem))) stem++;
  return stem;
}

/** Returns what the placeholders in a text or a number stand for. */
export function markersIn(value: unknown, markers: ReadonlyMap<string, Marker>): Marker[] {
  if (markers.size === 0 || !['string', 'number'].includes(typeof value)) return [];
  const text = String(value);
  return [...markers].filter(([placeholder]) => text.includes(placeholder)).map(([, marker]) => marker);
}

/** Replaces each placeholder by what it stands for, such as `<AWS::Region>`. */
export function withNames(text: string, markers: ReadonlyMap<string, Marker>): string {
  return [...markers].reduce(
    (named, [placeholder, { what }]) => named.replaceAll(placeholder, () => `<${what}>`), text,
  );
}

interface Scope {
  readonly lookups: Lookups;
  /** The conditions and resources that are being evaluated, by which a circle is recognized. */
  readonly within: readonly string[];
}

function resolved(value: unknown, scope: Scope): Resolved {
  const call = functionOf(value);
  if (call) return applied(call, scope);
  if (typeof value === 'string') return together(partsOf(value, scope));
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => resolved(item, scope));
    const known = items.flatMap(item => 'value' in item && item.value !== undefined ? [item.value] : []);
    return worst(items) ?? valueOf(known);
  }
  if (!isFields(value)) return valueOf(value);
  const members = Object.entries(value).map(([key, member]) => [key, resolved(member, scope)] as const);
  return worst(members.map(([, member]) => member)) ?? valueOf(Object.fromEntries(
    members.flatMap(([key, member]) => 'value' in member && member.value !== undefined ? [[key, member.value]] : []),
  ));
}

/** Returns the marker that decides. What is unknown outweighs what is not yet there, because nothing is proved. */
export function worst(items: readonly Resolved[]): Marker | undefined {
  const markers = items.flatMap(item => item.kind === 'value' ? [] : item);
  return markers.find(({ kind }) => kind === 'unknown') ?? markers[0];
}

type Part = string | Marker;

function together(parts: readonly Part[]): Resolved {
  return worst(parts.flatMap(part => typeof part === 'string' ? [] : part)) ?? valueOf(parts.join(''));
}

function applied([name, argument]: readonly [string, unknown], scope: Scope): Resolved {
  const call = { [name]: argument };
  switch (name) {
    case 'Ref': return reference(String(argument), scope);
    case 'Fn::GetAtt': return together(partsOf(call, scope));
    case 'Fn::Join': return together(partsOf(call, scope));
    case 'Fn::Sub': return together(partsOf(call, scope));
    case 'Fn::Select': return selected(listOf(argument), scope);
    case 'Fn::Split': return splitted(listOf(argument), scope);
    case 'Fn::FindInMap': return found(listOf(argument), scope);
    case 'Fn::ImportValue': return imported(argument, scope);
    case 'Fn::If': {
      const branch = branchOf(argument, scope);
      return branch.kind === 'value' ? resolved(branch.value, scope) : branch;
    }
    default: return unknownOf(name, 'this function is evaluated at deployment only');
  }
}

/** Returns the parts of a text. A function inside it that joins others is taken apart, too. */
function partsOf(value: unknown, scope: Scope): Part[] {
  if (typeof value === 'string') return withDynamicReferences(value);
  const [name, argument] = functionOf(value) ?? [];
  switch (name) {
    case 'Fn::Join': return joined(listOf(argument), scope);
    case 'Fn::Sub': return substituted(argument, scope);
    case 'Fn::GetAtt': return attribute(argument, scope);
    case 'Fn::If': {
      const branch = branchOf(argument, scope);
      return branch.kind === 'value' ? partsOf(branch.value, scope) : [branch];
    }
    default: return [textPart(name === undefined ? valueOf(value) : resolved(value, scope), name)];
  }
}

function textPart(result: Resolved, name = 'a value'): Part {
  if (result.kind !== 'value') return result;
  if (['string', 'number', 'boolean'].includes(typeof result.value)) return String(result.value);
  return unknownOf(name, 'it is not a text');
}

/** CloudFormation replaces these when it deploys, as in `{{resolve:ssm:/vpc/id}}`. */
function withDynamicReferences(text: string): Part[] {
  if (!text.includes('{{resolve:')) return [text];
  return text.split(/(\{\{resolve:[^{}]*\}\})/).map((part, index) => index % 2 === 0 ? part
    : unknownOf(`the dynamic reference ${part.slice(2, -2)}`, 'CloudFormation reads it at deployment'));
}

function joined([delimiter, list]: readonly unknown[], scope: Scope): Part[] {
  const items = Array.isArray(list) ? { kind: 'value', value: list } as const : resolved(list, scope);
  if (items.kind !== 'value') return [items];
  if (!Array.isArray(items.value)) return [unknownOf('Fn::Join', 'it joins something that is not a list')];
  const texts = items.value.filter((item: unknown) => !isNoValue(item));
  return texts.flatMap((item: unknown, index) =>
    [...index > 0 ? [String(delimiter)] : [], ...partsOf(item, scope)]);
}

const isNoValue = (value: unknown): boolean => fieldsOf(value).Ref === 'AWS::NoValue';

function substituted(argument: unknown, scope: Scope): Part[] {
  const [text, variables] = Array.isArray(argument) ? argument as unknown[] : [argument];
  return String(text).split(/(\$\{[^}]*\})/).flatMap((part, index): Part[] => {
    if (index % 2 === 0) return withDynamicReferences(part);
    const name = part.slice(2, -1).trim();
    if (name.startsWith('!')) return [`\${${name.slice(1)}}`];
    const variable = own(fieldsOf(variables), name);
    if (variable !== undefined) return partsOf(variable, scope);
    return name.includes('.') ? attribute(name, scope) : [textPart(reference(name, scope), name)];
  });
}

function selected([index, list]: readonly unknown[], scope: Scope): Resolved {
  const at = resolved(index, scope);
  if (at.kind !== 'value') return at;
  // The other members of a list may be unknown.
  const item = Array.isArray(list) ? valueOf(list[Number(at.value)]) : undefined;
  if (item?.kind === 'value' && item.value !== undefined) return resolved(item.value, scope);
  const items = item ?? resolved(list, scope);
  if (items.kind !== 'value') return items;
  const value: unknown = listOf(items.value)[Number(at.value)];
  return value === undefined ? unknownOf('Fn::Select', `the list has no member ${String(at.value)}`) : valueOf(value);
}

function splitted([delimiter, source]: readonly unknown[], scope: Scope): Resolved {
  const text = resolved(source, scope);
  if (text.kind !== 'value') return text;
  return typeof text.value === 'string'
    ? valueOf(text.value.split(String(delimiter))) : unknownOf('Fn::Split', 'it splits something that is not a text');
}

function found(keys: readonly unknown[], scope: Scope): Resolved {
  const names = resolved(keys.slice(0, 3), scope);
  if (names.kind !== 'value') return names;
  const [map, first, second] = listOf(names.value).map(String);
  const value = own(fieldsOf(own(fieldsOf(scope.lookups.template.mappings.get(map)), first)), second);
  return value === undefined
    ? unknownOf(`the mapping ${map}`, `it has nothing for ${first} and ${second}`) : resolved(value, scope);
}

function imported(argument: unknown, scope: Scope): Resolved {
  const name = resolved(argument, scope);
  return name.kind === 'value' ? scope.lookups.exported(String(name.value)) : name;
}

/** Returns the branch of `Fn::If` that holds. */
function branchOf(argument: unknown, scope: Scope): Resolved {
  const [condition, ifTrue, ifFalse] = listOf(argument);
  const holds = conditionOf({ Condition: condition }, scope);
  return holds.kind === 'value' ? valueOf(holds.value === true ? ifTrue : ifFalse) : holds;
}

function conditionOf(value: unknown, scope: Scope): Resolved {
  const name = isFields(value) ? textOf(own(value, 'Condition')) : undefined;
  if (name !== undefined) {
    const what = `the condition ${name}`;
    if (scope.within.includes(what)) return unknownOf(what, 'it depends on itself');
    const { conditions } = scope.lookups.template;
    if (!conditions.has(name)) return unknownOf(what, 'the template does not have it');
    return conditionOf(conditions.get(name), { ...scope, within: [...scope.within, what] });
  }
  const [operator, argument] = functionOf(value) ?? [];
  const operands = listOf(argument);
  switch (operator) {
    case 'Fn::Equals': {
      const sides = operands.map(each => resolved(each, scope));
      return worst(sides) ?? valueOf(new Set(sides.map(side => 'value' in side ? String(side.value) : '')).size === 1);
    }
    case 'Fn::And': return decidedBy(false, operands, scope);
    case 'Fn::Or': return decidedBy(true, operands, scope);
    case 'Fn::Not': {
      const holds = conditionOf(operands[0], scope);
      return holds.kind === 'value' ? valueOf(holds.value !== true) : holds;
    }
    default: return unknownOf(operator ?? 'a condition', 'this condition is evaluated at deployment only');
  }
}

/** One operand with the deciding value outweighs those that are unknown. */
function decidedBy(deciding: boolean, operands: readonly unknown[], scope: Scope): Resolved {
  const results = operands.map(each => conditionOf(each, scope));
  if (results.some(each => each.kind === 'value' && each.value === deciding)) return valueOf(deciding);
  return worst(results) ?? valueOf(!deciding);
}

function reference(name: string, { lookups }: Scope): Resolved {
  if (name === 'AWS::NoValue') return valueOf(undefined);
  if (name.startsWith('AWS::')) return lookups.pseudo(name);
  const resource = lookups.template.resources.get(name);
  if (resource) return physical(name, resource, lookups);
  if (lookups.template.parameters.has(name)) return parameter(name, lookups);
  return unknownOf(name, 'the template has neither a resource nor a parameter with this name');
}

/** These get their id from something else, such as a call that looks up a resource that exists. */
const WITH_ANY_ID = /^(Custom::|AWS::CloudFormation::(CustomResource|Macro|WaitCondition)$)/;

function physical(logicalId: string, resource: TemplateResource, lookups: Lookups): Resolved {
  const id = lookups.physicalId(logicalId);
  if (id !== undefined) return valueOf(id);
  const what = resourceName(logicalId, resource, lookups);
  if (lookups.unread !== undefined) return unknownOf(what, lookups.unread);
  return WITH_ANY_ID.test(resource.type) ? unknownOf(what, ONLY_DEPLOYED) : { kind: 'notYetThere', what };
}

const ONLY_DEPLOYED = 'its value is known after the deployment only';

/** Names a resource by its construct, because the logical id ends with a hash. */
function resourceName(logicalId: string, { type }: TemplateResource, { constructPath }: Lookups): string {
  return `${type} ${constructPath(logicalId)?.replace(/\/(Resource|Default)$/, '') ?? logicalId}`;
}

/** DescribeStacks returns this for a parameter with `NoEcho`. */
const MASKED = /^\*+$/;

function parameter(name: string, lookups: Lookups): Resolved {
  const { Type, Default, NoEcho } = fieldsOf(lookups.template.parameters.get(name));
  const type = textOf(Type) ?? 'String';
  const isList = /List\b/.test(type);
  const what = `the parameter ${name}`;
  const given = lookups.parameter(name);
  if (given?.kind === 'value') {
    if (String(NoEcho) === 'true' && MASKED.test(String(given.value))) return unknownOf(what, 'its value is secret');
    return isList ? listed(given.value) : given;
  }
  if (given) return given;
  if (Default === undefined) return unknownOf(what, 'it has no default, and no deployed stack has a value');
  // The default of such a parameter is the name of one in Systems Manager.
  if (type.startsWith('AWS::SSM::')) return unknownOf(what, `its value is in Systems Manager, as ${String(Default)}`);
  return isList ? listed(Default) : valueOf(Default);
}

function listed(value: unknown): Resolved {
  return valueOf(Array.isArray(value) ? value : String(value).split(',').map(item => item.trim()));
}

/** The custom resource with which CDK puts a list into a JSON text. */
const JSON_STRINGIFY = 'Custom::AWSCDKCfnJsonStringify';

function attribute(argument: unknown, scope: Scope): Part[] {
  const [logicalId, name] = attributeNamed(argument);
  const { lookups } = scope;
  const resource = lookups.template.resources.get(logicalId);
  if (resource === undefined) return [unknownOf(logicalId, 'the template has no resource with this name')];
  if (resource.type === JSON_STRINGIFY && name === 'Value') return jsonParts(logicalId, resource, scope);
  return [textPart(attributeOf(logicalId, name, resource, scope), `${logicalId}.${name}`)];
}

function attributeNamed(argument: unknown): [logicalId: string, name: string] {
  const [logicalId, ...names] = typeof argument === 'string' ? argument.split('.') : listOf(argument).map(String);
  return [logicalId ?? '', names.join('.')];
}

/** The attributes that are the physical id of a resource, and how such an id begins. */
const IDS: Readonly<Record<string, readonly [names: readonly string[], prefix: string]>> = {
  'AWS::EC2::SecurityGroup': [['GroupId', 'Id'], 'sg-'],
  'AWS::EC2::VPC': [['VpcId'], 'vpc-'],
  'AWS::EC2::PrefixList': [['PrefixListId'], 'pl-'],
  'AWS::EC2::VPNConnection': [['VpnConnectionId'], 'vpn-'],
  'AWS::EC2::VPNGateway': [['VPNGatewayId'], 'vgw-'],
  'AWS::EC2::CustomerGateway': [['CustomerGatewayId'], 'cgw-'],
  'AWS::EC2::TransitGateway': [['Id'], 'tgw-'],
  'AWS::SNS::Topic': [['TopicArn'], 'arn:'],
};

/** The attributes that are a property of the resource, which the template may give. */
const FROM_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::SecurityGroup': ['VpcId'],
  'AWS::EC2::VPC': ['CidrBlock'],
};

/** The attributes that name something else which is created with the resource. */
const CREATED_WITH: Readonly<Record<string, readonly string[]>> = { 'AWS::EC2::VPC': ['DefaultSecurityGroup'] };

/** How the ARN of a resource goes on after the account. */
const ARNS: Readonly<Record<string, readonly [service: string, prefix: string]>> = {
  'AWS::Lambda::Function': ['lambda', 'function:'],
  'AWS::DynamoDB::Table': ['dynamodb', 'table/'],
  'AWS::DynamoDB::GlobalTable': ['dynamodb', 'table/'],
  'AWS::Events::EventBus': ['events', 'event-bus/'],
};

function attributeOf(logicalId: string, name: string, resource: TemplateResource, scope: Scope): Resolved {
  const { lookups } = scope;
  const { type, properties } = resource;
  const [, output] = type === 'AWS::CloudFormation::Stack' ? /^Outputs\.(.+)$/.exec(name) ?? [] : [];
  if (output !== undefined) return lookups.output(logicalId, output);
  const property = own(FROM_PROPERTIES, type)?.includes(name) ? own(properties, name) : undefined;
  if (property !== undefined) return resolved(property, scope);
  const [ids, prefix] = own(IDS, type) ?? [[], ''];
  const arn = name === 'Arn' ? own(ARNS, type) : undefined;
  const id = physical(logicalId, resource, lookups);
  const isToldById = ids.includes(name) || arn !== undefined || own(CREATED_WITH, type)?.includes(name) === true;
  const what = `${name} of ${resourceName(logicalId, resource, lookups)}`;
  if (id.kind !== 'value') return id.kind === 'unknown' || isToldById ? id : unknownOf(what, ONLY_DEPLOYED);
  if (arn) return arnOf(arn, String(id.value), scope);
  // The physical id of a group in the default VPC may be its name.
  return ids.includes(name) && String(id.value).startsWith(prefix)
    ? id : unknownOf(what, 'the deployed stack does not tell it');
}

function arnOf([service, prefix]: readonly [string, string], id: string, scope: Scope): Resolved {
  const text = `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${prefix}\${Id}`;
  return resolved({ 'Fn::Sub': [text, { Id: id }] }, scope);
}

function jsonParts(logicalId: string, resource: TemplateResource, scope: Scope): Part[] {
  const what = resourceName(logicalId, resource, scope.lookups);
  if (scope.within.includes(what)) return [unknownOf(what, 'it depends on itself')];
  const list = resolved(resource.properties.Value, { ...scope, within: [...scope.within, what] });
  // A list that is not known is one unknown member, so that the text stays JSON.
  return list.kind === 'value' ? [JSON.stringify(list.value) ?? 'null'] : ['["', list, '"]'];
}
