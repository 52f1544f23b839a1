/**
 * Tests that IAM denies a revocation only if the handler keeps the rule, so that no sweep fails because of an
 * exemption, and that IAM denies everything that the handler keeps because of its group. The same holds for the groups
 * that a tag puts in scope. The tags and properties are random.
 */
import { App, Stack } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import * as fc from 'fast-check';
import { ACCOUNT, arns, Deployed, REGION } from './deployed';
import { Role, type Statement } from './simulator';
import { appliesTo } from '../../lambda/core/checks/flagged-ingress';
import { reasonToKeep } from '../../lambda/core/decide/plan';
import type { TaggedGroups } from '../../src/contract/configuration';
import { EXEMPT_TAG, EXEMPT_UNTIL_TAG } from '../../src/contract/exemptions';
import { permissions } from '../../src/function/permissions';
import { aConfiguration, aDeclaration, aFlaggedIngressRule, aGroup, anEntry, aRuleFromAnywhere } from '../support/builders';
import { aFlaggedFinding } from '../support/ledger-builders';

/** Keys that differ only by case, including letters whose other case is missing or longer, and further keys. */
const WORDS = [
  EXEMPT_TAG, 'Pinned', 'Cost Center', 'a/b=c+d@e', 'Stra\u00dfe', 'STRASSE', '\u00c4nderung', '\u00b5', '\u212ailo',
  'kilo', '\u017fafe', 'safe', '\u0130stanbul', 'istanbul', '\u0131', 'i', '\u4fdd\u7559', 'x'.repeat(128),
];

const recased = (word: string): fc.Arbitrary<string> => fc.oneof(
  fc.constantFrom(word, word.toUpperCase(), word.toLowerCase()),
  fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length }).map(uppers => (
    Array.from(word, (letter, index) => uppers[index] ? letter.toUpperCase() : letter.toLowerCase()).join(''))),
);

const aKey = fc.constantFrom(...WORDS).chain(recased).filter(key => key.length <= 128);
const GROUPS = ['sg-1', 'sg-2', 'sg-3', 'sg-4'];

interface World {
  readonly exemptTags: string[];
  readonly exemptSecurityGroupIds: string[];
  /** The function's own groups. */
  readonly functionGroupIds: string[];
  readonly endpointGroupIds: string[];
  /** The tag keys of each group. */
  readonly tagKeys: string[][];
  readonly value: string;
  /** The value of each group's tag with a date. `undefined`: the group has no such tag. */
  readonly until: Array<string | undefined>;
  /** The tag that a declaration is for. Absent: any group. */
  readonly tagged?: TaggedGroups;
}

const aTagKey = fc.oneof({ weight: 3, arbitrary: aKey }, fc.constantFrom('Name', 'Owner'));

const aWorld: fc.Arbitrary<World> = fc.record({
  exemptTags: fc.array(aKey, { maxLength: 5 }),
  exemptSecurityGroupIds: fc.subarray(GROUPS, { maxLength: 2 }),
  functionGroupIds: fc.subarray(GROUPS, { maxLength: 1 }),
  endpointGroupIds: fc.subarray(GROUPS, { maxLength: 1 }),
  tagKeys: fc.tuple(...GROUPS.map(() => fc.array(aTagKey, { maxLength: 2 }))),
  value: fc.constantFrom('', 'true', 'false', 'no'),
  until: fc.tuple(...GROUPS.map(() => fc.constantFrom(undefined, undefined, '2000-01-01', '2999-12-31', 'x'))),
});

interface Decided {
  readonly group: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The reason for which the handler keeps the rule. */
  readonly kept: ReturnType<typeof reasonToKeep>;
  readonly iam: Awaited<ReturnType<Role['decide']>>;
  /** Whether the declaration is for the group. */
  readonly isDeclared: boolean;
}

/** Asks the handler and IAM about a flagged rule of each group. */
async function decide(world: World): Promise<Decided[]> {
  const { exemptTags, exemptSecurityGroupIds, functionGroupIds, endpointGroupIds, tagKeys, value, until } = world;
  const { tagged } = world;
  const role = roleFor(exemptTags, exemptSecurityGroupIds, functionGroupIds, tagged);
  const declared = aFlaggedIngressRule(tagged && { groups: { kind: 'tagged', ...tagged } });
  return Promise.all(GROUPS.map(async (groupId, index) => {
    const dated = until[index];
    const tags = Object.fromEntries([
      ...tagKeys[index].map(key => [key, value]), ...dated === undefined ? [] : [[EXEMPT_UNTIL_TAG, dated]],
    ]) as Record<string, string>;
    const rule = aRuleFromAnywhere({ groupId, groupOwnerId: ACCOUNT });
    const group = aGroup({ groupId, tags, ownerId: ACCOUNT });
    const kept = reasonToKeep({ ...aFlaggedFinding(rule), groupId }, anEntry({ rule }), {
      enabled: true, dryRun: false, isScheduled: true, isWhole: true, startedAt: new Date('2026-01-01T00:00:00Z'), staleRules: 'report', exemptSecurityGroupIds, exemptTags,
      flaggedIngressRules: [declared], prefixLists: new Map(), groups: new Map([[groupId, group]]), vpcIds: new Set([group.vpcId ?? '']),
      accountId: ACCOUNT, now: new Date(),
      functionNetwork: { vpcId: 'vpc-1', securityGroupIds: functionGroupIds }, endpoints: { groupIds: new Set(endpointGroupIds) },
    });
    const context = Object.fromEntries(Object.entries(tags).map(([key, each]) => [`aws:ResourceTag/${key}`, each]));
    const resource = arns.securityGroup(groupId);
    const iam = await role.decide({ action: 'ec2:RevokeSecurityGroupIngress', resource, context });
    return { group: groupId, tags, kept, iam, isDeclared: appliesTo(declared, groupId, group) };
  }));
}

/** A role that may revoke in any group, or in the groups with a tag, with these exemptions. */
function roleFor(
  exemptTags: string[], exemptSecurityGroupIds: string[], functionGroupIds: string[], groupsTagged?: TaggedGroups,
): Role {
  const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region: REGION } });
  // The role may do more, which does not matter here.
  const given = { tableArn: arns.table('x'), logGroupArn: arns.logGroup('x'), eventBusArn: arns.eventBus('x') };
  const any = given as never;
  const statements = permissions(stack, {
    configuration: {
      ...aConfiguration({
        staleRules: groupsTagged ? 'report' : 'revoke', dryRun: false, allowRestore: false,
        flaggedIngressRules: groupsTagged ? [aDeclaration({ anyGroup: undefined, groupsTagged })] : [],
      }),
      maxRevocationsPerSweep: 20, exemptSecurityGroupIds, exemptTags,
    },
    ledger: any, logGroup: any, eventBus: any,
    exemptSecurityGroups: [...new Set([...exemptSecurityGroupIds, ...functionGroupIds])]
      .map(id => SecurityGroup.fromSecurityGroupId(stack, id, id)),
  });
  const deployed = new Deployed({ Resources: {} });
  const resolved = statements.map(each => deployed.value(stack.resolve(each.toStatementJson())) as Statement);
  return new Role(`arn:aws:iam::${ACCOUNT}:role/sweeper`, resolved);
}

const RUNS = 150;

test('IAM allows what the handler would revoke, and the handler keeps as exempt what IAM denies', async () => {
  const met = new Set<string>();
  await fc.assert(fc.asyncProperty(aWorld, async world => {
    for (const { kept, iam } of await decide(world)) {
      met.add(`${kept ?? 'revoked'}, ${iam}`);
      if (kept === undefined) expect(iam).toBe('Allowed');
      if (iam !== 'Allowed') expect(['EXEMPT_BY_PROP', 'EXEMPT_BY_FUNCTION', 'EXEMPT_BY_GROUP_TAG']).toContain(kept);
    }
  }), { numRuns: RUNS });
  // All combinations must occur, so that the law does not hold for lack of cases. The handler folds more letters than
  // IAM is known to, and IAM knows no endpoints.
  expect(met).toEqual(new Set([
    'revoked, Allowed', 'EXEMPT_BY_PROP, ExplicitlyDenied', 'EXEMPT_BY_GROUP_TAG, ExplicitlyDenied',
    'EXEMPT_BY_GROUP_TAG, Allowed', 'EXEMPT_BY_FUNCTION, ExplicitlyDenied', 'EXEMPT_BY_FUNCTION, Allowed',
    'EXEMPT_UNTIL_INVALID, Allowed',
  ]));
});

test('IAM denies what the handler keeps because of a group that is exempt for ever, if the keys are ASCII, but for groups of endpoints', async () => {
  const isPlain = (key: string): boolean => /^[\x20-\x7e]*$/.test(key);
  await fc.assert(fc.asyncProperty(aWorld, async world => {
    const [exemptTags, ...tagKeys] = [world.exemptTags, ...world.tagKeys].map(keys => keys.filter(isPlain));
    for (const { kept, iam } of await decide({ ...world, exemptTags, tagKeys, endpointGroupIds: [], until: [] })) {
      expect(iam).toBe(kept === undefined ? 'Allowed' : 'ExplicitlyDenied');
    }
  }), { numRuns: RUNS });
});

describe('where a declaration is for the groups with a tag', () => {
  /** Keys that IAM accepts in a policy. */
  const aPolicyKey = aTagKey.filter(key => /^[\x20-\xff]*$/.test(key) && key !== EXEMPT_TAG);
  const aTag = fc.record({
    key: aPolicyKey, values: fc.uniqueArray(fc.constantFrom('', 'true', 'false', 'no', 'TRUE', '${aws:username}', 't*'), { minLength: 1 }),
  });
  const aTaggedWorld = fc.tuple(aWorld, aTag, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })).map(
    // Half of the groups have the key, in its own case or in another.
    ([world, tagged, has]): World => ({
      ...world, tagged, exemptTags: world.exemptTags.slice(0, 1),
      tagKeys: world.tagKeys.map((keys, index) => {
        const key = index % 2 === 1 ? tagged.key : tagged.key.toUpperCase();
        return has[index] ? [...keys.slice(1), key] : keys;
      }),
    }));

  test('IAM allows what the handler would revoke, and no group with another value, or without the key in any case', async () => {
    const met = new Set<string>();
    await fc.assert(fc.asyncProperty(aTaggedWorld, async world => {
      const { key, values } = world.tagged ?? { key: '', values: [] };
      for (const { kept, iam, isDeclared, tags } of await decide(world)) {
        met.add(`${isDeclared ? 'declared' : 'not declared'}, ${kept === undefined ? 'to go' : 'kept'}, ${iam}`);
        if (isDeclared && kept === undefined) expect(iam).toBe('Allowed');
        const isLike = Object.entries(tags).some(([name, value]) => (
          name.toLowerCase() === key.toLowerCase() && values.includes(value)));
        if (!isLike) expect(iam).not.toBe('Allowed');
      }
    }), { numRuns: RUNS });
    // The handler compares the key exactly, so IAM allows more. That is safe: the handler never asks for it.
    expect([...met]).toEqual(expect.arrayContaining([
      'declared, to go, Allowed', 'declared, kept, ExplicitlyDenied', 'not declared, to go, ImplicitlyDenied',
      'not declared, to go, Allowed',
    ]));
  });

  test.each<[string, Record<string, string>, string]>([
    ['the tag', { Exposure: 'private' }, 'Allowed'],
    ['the key in another case, which the handler keeps', { EXPOSURE: 'private' }, 'Allowed'],
    ['the value in another case', { Exposure: 'Private' }, 'ImplicitlyDenied'],
    ['a value that begins with it', { Exposure: 'private-2' }, 'ImplicitlyDenied'],
    ['another key with that value', { Exposure2: 'private' }, 'ImplicitlyDenied'],
    ['no tag', {}, 'ImplicitlyDenied'],
    ['the tag, and an exempting one', { Exposure: 'private', [EXEMPT_TAG]: '' }, 'ExplicitlyDenied'],
  ])('a group with %s', async (_, tags, verdict) => {
    const role = roleFor([], [], [], { key: 'Exposure', values: ['private', 'hidden'] });
    const context = Object.fromEntries(Object.entries(tags).map(([key, each]) => [`aws:ResourceTag/${key}`, each]));
    const request = { action: 'ec2:RevokeSecurityGroupIngress', resource: arns.securityGroup('sg-1'), context };
    await expect(role.decide(request)).resolves.toBe(verdict);
  });
});
