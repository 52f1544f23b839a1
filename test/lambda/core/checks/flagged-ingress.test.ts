import { flaggedIngress } from '../../../../lambda/core/checks/flagged-ingress';
import type { FlaggedRule } from '../../../../lambda/core/model/finding';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { FlaggedIngressRuleConfiguration } from '../../../../src/contract/configuration';
import { aDeclaration, aRuleFromAnywhere, anIpPermission, decoded, flaggedFacts } from '../../../support/builders';

/** Checks a rule against declarations. By default, both are SSH from anywhere. */
function check(
  rule: Partial<SecurityGroupRule>,
  ...declarations: Array<Partial<FlaggedIngressRuleConfiguration>>
): FlaggedRule | undefined {
  return flaggedIngress(
    aRuleFromAnywhere(rule),
    flaggedFacts(decoded({ flaggedIngressRules: declarations.map(aDeclaration) }).flaggedIngressRules),
  );
}

/** Returns the verdict, and the names of its declarations. */
function verdict(
  rule: Partial<SecurityGroupRule>,
  ...declarations: Array<Partial<FlaggedIngressRuleConfiguration>>
): readonly unknown[] {
  const flagged = check(rule, ...declarations);
  return flagged ? [flagged.verdict, ...flagged.declarations.map(({ name }) => name)] : [];
}

const HTTPS = { ipPermissions: [anIpPermission({ FromPort: 443, ToPort: 443 })] };

const FROM_PREFIX_LIST = { cidrIpv4: undefined, prefixListId: 'pl-1' };
/** With WITHIN, it cannot be proved whether a prefix list lies within a block. */
const WITHIN = { match: 'WITHIN' } as const;
const SAME_PREFIX_LIST = {
  ipPermissions: [anIpPermission({ IpRanges: undefined, PrefixListIds: [{ PrefixListId: 'pl-1' }] })],
};

test('a rule that a declaration means is flagged, with the declaration', () => {
  expect(check({}, { reason: 'SSH goes through the bastion' })).toEqual({
    rule: aRuleFromAnywhere(),
    verdict: 'flagged',
    declarations: [{
      id: expect.stringMatching(/^[0-9a-f]{16}$/), name: 'flaggedIngressRules[0]', reason: 'SSH goes through the bastion',
    }],
  });
});

test('a declaration without a reason is named without one', () => {
  expect(check({}, {})?.declarations).toMatchObject([{ name: 'flaggedIngressRules[0]', reason: undefined }]);
});

test('a rule that no declaration means is not flagged', () => {
  expect(check({}, HTTPS)).toBeUndefined();
});

test('without declarations nothing is flagged', () => {
  expect(check({})).toBeUndefined();
});

test('a rule is flagged when one of several permissions of a declaration means it', () => {
  expect(verdict({}, { ipPermissions: [...HTTPS.ipPermissions, anIpPermission()] })).toEqual([
    'flagged',
    'flaggedIngressRules[0]',
  ]);
});

test('a rule is flagged when one of several sources of a permission means it', () => {
  const permission = anIpPermission({ IpRanges: [{ CidrIp: '192.0.2.0/24' }, { CidrIp: '0.0.0.0/0' }] });
  expect(verdict({}, { ipPermissions: [permission] })).toEqual(['flagged', 'flaggedIngressRules[0]']);
});

test('a declaration that means a rule twice is named once', () => {
  expect(verdict({}, { ipPermissions: [anIpPermission(), anIpPermission()] })).toEqual([
    'flagged',
    'flaggedIngressRules[0]',
  ]);
});

test('names exactly the declarations that match the rule', () => {
  expect(verdict({}, {}, HTTPS, WITHIN)).toEqual(['flagged', 'flaggedIngressRules[0]', 'flaggedIngressRules[2]']);
});

test('each declaration is matched in its own way', () => {
  const narrow = { cidrIpv4: '192.0.2.0/24' };
  expect(verdict(narrow, { match: 'EXACT' }, { match: 'WITHIN' }, { match: 'COVERS' })).toEqual([
    'flagged',
    'flaggedIngressRules[1]',
  ]);
});

test('a rule is undecided when nothing proves or disproves that it is meant', () => {
  expect(verdict(FROM_PREFIX_LIST, WITHIN)).toEqual(['undecided', 'flaggedIngressRules[0]']);
});

test('names exactly the declarations that may match an undecided rule', () => {
  expect(verdict(FROM_PREFIX_LIST, WITHIN, HTTPS, { ...WITHIN, reason: 'again' })).toEqual([
    'undecided',
    'flaggedIngressRules[0]',
    'flaggedIngressRules[2]',
  ]);
});

test('a rule that one declaration matches for certain is flagged by that one only', () => {
  expect(verdict(FROM_PREFIX_LIST, WITHIN, SAME_PREFIX_LIST)).toEqual(['flagged', 'flaggedIngressRules[1]']);
});

test('names the declarations that may match a flagged rule, too', () => {
  const flagged = check(FROM_PREFIX_LIST, SAME_PREFIX_LIST, WITHIN);
  expect(flagged?.verdict).toBe('flagged');
  expect(flagged?.declarations.map(({ name }) => name)).toEqual(['flaggedIngressRules[0]']);
  expect(flagged?.undecided?.map(({ name }) => name)).toEqual(['flaggedIngressRules[1]']);
  expect(check(FROM_PREFIX_LIST, SAME_PREFIX_LIST)).not.toHaveProperty('undecided');
});

test('a rule whose source cannot be read is undecided', () => {
  expect(verdict({ cidrIpv4: 'nonsense' }, {})).toEqual(['undecided', 'flaggedIngressRules[0]']);
});

describe('a declaration for a group', () => {
  const declaration = { groupId: 'sg-1' };

  test('means the rules of that group', () => {
    expect(verdict({ groupId: 'sg-1' }, declaration)).toEqual(['flagged', 'flaggedIngressRules[0]']);
  });

  test('never means those of another', () => {
    expect(verdict({ groupId: 'sg-2' }, declaration)).toEqual([]);
  });

  test('leaves those of another not even undecided', () => {
    expect(verdict({ groupId: 'sg-2', ...FROM_PREFIX_LIST }, { ...declaration, ...WITHIN })).toEqual([]);
  });

  test('does not narrow the declarations beside it', () => {
    expect(verdict({ groupId: 'sg-2' }, declaration, {})).toEqual(['flagged', 'flaggedIngressRules[1]']);
  });
});

test('a declaration for the internet flags what is open to it', () => {
  const permission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
  const internet = {
    anyGroup: true,
    match: 'COVERS',
    ipPermissions: [permission],
    fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 32 },
  } as const;
  const declarations = decoded({
    flaggedIngressRules: [{ ...internet, ipPermissions: [permission] }],
  }).flaggedIngressRules;
  expect(flaggedIngress(aRuleFromAnywhere({ ipProtocol: '-1', fromPort: -1, toPort: -1 }), flaggedFacts(declarations))?.verdict).toBe(
    'flagged',
  );
  expect(flaggedIngress(aRuleFromAnywhere({ cidrIpv4: '192.0.2.0/24' }), flaggedFacts(declarations))).toBeUndefined();
  expect(
    flaggedIngress(aRuleFromAnywhere({ cidrIpv4: '10.0.0.0/7', fromPort: 443, toPort: 443 }), flaggedFacts(declarations)),
  ).toBeUndefined();
  expect(flaggedIngress(aRuleFromAnywhere(FROM_PREFIX_LIST), flaggedFacts(declarations))?.verdict).toBe('undecided');
});

describe('an egress rule', () => {
  test('is never flagged, though it is the declared traffic', () => {
    expect(verdict({ isEgress: true }, {})).toEqual([]);
  });

  test('is never undecided', () => {
    expect(verdict({ isEgress: true, ...FROM_PREFIX_LIST }, WITHIN)).toEqual([]);
  });
});
