/** Checks the account and Region of given resources, and the keys of a given ledger. Tokens pass. */
import { IResource, Stack } from 'aws-cdk-lib';
import type { CfnGlobalTable, CfnTable, ITable } from 'aws-cdk-lib/aws-dynamodb';
import { areKnownToDiffer } from './references';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../contract/names';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** A resource that a property gives, and the account and Region that it must be in. */
interface Given {
  readonly name: string;
  readonly what: string;
  readonly resource: IResource;
  /** The ARN is read as well, because CDK does not know the environment of every imported resource. */
  readonly arn?: string;
  readonly same: ReadonlyArray<'account' | 'region'>;
  readonly because: string;
}

/**
 * Checks at synthesis for resources that would fail at deployment or in a sweep, or that would protect nothing.
 *
 * @throws when the function cannot use a given resource; the message names the property, what was got and the fix
 */
export function requireGivenResources(path: string, stack: Stack, props: NetworkHygieneProps): void {
  const { ledger, notifications } = props;
  if (notifications && (notifications.fifo || notifications.topicArn.endsWith('.fifo'))) {
    const got = 'a FIFO topic, which e-mail cannot subscribe to';
    throw new Error(`${path}: notifications: got ${got}; give a standard one`);
  }
  for (const given of givenOf(props)) requireSame(path, stack, given);
  if (ledger) requireKeys(`${path}: ledger`, ledger);
}

function requireSame(path: string, stack: Stack, { name, what, resource, arn, same, because }: Given): void {
  for (const part of same) {
    const own = stack[part];
    const others = [resource.env[part], ofArn(arn, part) ?? own];
    const other = others.find(each => areKnownToDiffer(own, each));
    if (other === undefined) continue;
    const got = `${what} in ${place(part, other)}`;
    throw new Error(`${path}: ${name}: got ${got}; give one in ${place(part, own)}, because ${because}`);
  }
}

/** Returns undefined if the whole ARN is a token, because it then has no such parts. */
function ofArn(arn: string | undefined, part: 'account' | 'region'): string | undefined {
  return arn?.split(':')[part === 'region' ? 3 : 4];
}

const place = (part: 'account' | 'region', name: string): string => part === 'account' ? `the account ${name}` : name;

function givenOf(props: NetworkHygieneProps): Given[] {
  const { ledger, role, logGroup, notifications, encryptionKey, functionOptions } = props;
  const { vpcs = [], flaggedIngressRules = [], exemptSecurityGroups = [] } = props;
  const both = { same: ['account', 'region'] } as const;
  const groups = { ...both, because: 'the function revokes rules only in groups of its own account and Region' };
  return [
    ...ledger ? [{
      name: 'ledger', what: 'a table', resource: ledger, arn: ledger.tableArn, ...both,
      because: 'the function uses a table of its own account and Region',
    }] : [],
    ...role ? [{
      name: 'role', what: 'a role', resource: role, arn: role.roleArn, same: ['account'] as const,
      because: 'Lambda gives a function only a role of its own account',
    }] : [],
    ...logGroup ? [{
      name: 'logGroup', what: 'a log group', resource: logGroup, arn: logGroup.logGroupArn, ...both,
      because: 'a function logs only in its own account and Region',
    }] : [],
    ...notifications ? [{
      name: 'notifications', what: 'a topic', resource: notifications, arn: notifications.topicArn,
      same: ['region'] as const, because: 'the function publishes to topics of its own Region',
    }] : [],
    ...encryptionKey ? [{
      name: 'encryptionKey', what: 'a key', resource: encryptionKey, arn: encryptionKey.keyArn,
      same: ['region'] as const, because: 'DynamoDB, CloudWatch Logs and Lambda use keys of their own Region',
    }] : [],
    ...functionOptions?.environmentEncryption ? [{
      name: 'functionOptions.environmentEncryption', what: 'a key', resource: functionOptions.environmentEncryption,
      arn: functionOptions.environmentEncryption.keyArn,
      same: ['region'] as const, because: 'Lambda uses keys of its own Region',
    }] : [],
    ...functionOptions?.vpc ? [{
      name: 'functionOptions.vpc', what: 'a VPC', resource: functionOptions.vpc, same: ['region'] as const,
      because: 'a function is in a VPC of its own Region',
    }] : [],
    ...functionOptions?.deadLetterQueue ? [{
      name: 'functionOptions.deadLetterQueue', what: 'a queue', resource: functionOptions.deadLetterQueue,
      arn: functionOptions.deadLetterQueue.queueArn,
      same: ['region'] as const, because: 'Lambda sends to queues of its own Region',
    }] : [],
    ...(functionOptions?.securityGroups ?? []).map((resource, index) => ({
      name: `functionOptions.securityGroups[${index}]`, what: 'a security group', resource, ...both,
      because: 'a function has security groups of its own account and Region',
    })),
    // The account of a VPC may differ: AWS RAM shares subnets, and this account has its own groups in them.
    ...vpcs.map((resource, index) => ({
      name: `vpcs[${index}]`, what: 'a VPC', resource, same: ['region'] as const,
      because: 'a sweep looks at VPCs of its own Region',
    })),
    ...flaggedIngressRules.flatMap(({ _group: resource }, index) => resource ? [{
      name: `flaggedIngressRules[${index}]`, what: 'a security group', resource, ...groups,
    }] : []),
    ...flaggedIngressRules.flatMap(({ _exceptGroups }, index) => _exceptGroups.map((resource, position) => ({
      name: `flaggedIngressRules[${index}].exceptGroups[${position}]`, what: 'a security group', resource, ...groups,
    }))),
    ...exemptSecurityGroups.map((resource, index) => ({
      name: `exemptSecurityGroups[${index}]`, what: 'a security group', resource, ...groups,
    })),
  ];
}

/** An imported table passes, because its keys are unknown. A key of unknown type passes, too. */
function requireKeys(where: string, table: ITable): void {
  const made = table.node.defaultChild as CfnTable | CfnGlobalTable | undefined;
  const keySchema: unknown = made?.keySchema;
  if (made === undefined || !Array.isArray(keySchema)) return;
  const types = attributeTypes(table, made);
  const key = (keyType: string): Key | undefined => {
    const found = (keySchema as CfnTable.KeySchemaProperty[]).find(each => each.keyType === keyType);
    return found && { name: found.attributeName, type: types.get(found.attributeName) };
  };
  const keys = [key('HASH'), key('RANGE')];
  if (keys.every((each, index) => isKey(each, LEDGER_KEYS[index]))) return;
  const [got, fix] = [keys, LEDGER_KEYS].map(([one, other]) => {
    return `${shown(one, 'partition')} and ${shown(other, 'sort')}`;
  });
  throw new Error(`${where}: got a table with ${got}; give one with ${fix}, because these are the keys of its items`);
}

interface Key {
  readonly name: string;
  /** Undefined when the type is unknown. */
  readonly type: string | undefined;
}

const LEDGER_KEYS: readonly Key[] = [LEDGER_PARTITION_KEY, LEDGER_SORT_KEY].map(name => ({ name, type: 'S' }));

function isKey(key: Key | undefined, wanted: Key): boolean {
  if (key === undefined || areKnownToDiffer(key.name, wanted.name)) return false;
  return key.type === undefined || !areKnownToDiffer(key.type, String(wanted.type));
}

function shown(key: Key | undefined, kind: 'partition' | 'sort'): string {
  if (key === undefined) return `no ${kind} key`;
  return `the ${kind} key "${key.name}"${key.type === undefined ? '' : ` of type ${key.type}`}`;
}

/**
 * TableV2 gives its resource a lazy list that keeps the value of its first resolution. Resolving it here would lose the
 * attributes of indexes that are added later, so the list is read from the table itself.
 */
function attributeTypes(table: ITable, made: CfnTable | CfnGlobalTable): Map<string, string> {
  const lists: unknown[] = [made.attributeDefinitions, Reflect.get(table, 'attributeDefinitions')];
  const definitions = (lists.find(Array.isArray) ?? []) as CfnTable.AttributeDefinitionProperty[];
  return new Map(definitions.map(({ attributeName, attributeType }) => [attributeName, attributeType]));
}
