/** Tests the aliases for pausing and resuming, and who may use them. */
import { Stack } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps, StaleRules } from '../src';
import { aStack, SynthesizedResource, SynthesizedStack } from './support/synthesized-stack';

type Kind = 'pause' | 'resume';

const KINDS: readonly Kind[] = ['pause', 'resume'];
const NO_RULES: NetworkHygieneProps = { staleRules: StaleRules.ignore() };

const aRole = (scope: Stack, id = 'Operator'): Role =>
  new Role(scope, id, { assumedBy: new ServicePrincipal('ssm.amazonaws.com') });

function grant(hygiene: NetworkHygiene, kind: Kind, role: Role): boolean {
  return (kind === 'pause' ? hygiene.grantPause(role) : hygiene.grantResume(role)).success;
}

/** Returns the logical ids of the aliases by name. */
function aliasIds({ template }: SynthesizedStack): Record<string, string> {
  const found = Object.entries(template.findResources('AWS::Lambda::Alias')) as Array<[string, SynthesizedResource]>;
  return Object.fromEntries(found.map(([id, { Properties }]) => [String(Properties.Name), id]));
}

describe('there are aliases to pause and to resume', () => {
  it.each<[string, NetworkHygieneProps]>([
    ['when stale rules are only reported', {}],
    ['when they are revoked', { staleRules: StaleRules.revoke() }],
    ['when rules are flagged', { ...NO_RULES, flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }],
    ['in a dry run', { staleRules: StaleRules.revoke(), dryRun: true }],
    ['when nothing is enabled', { staleRules: StaleRules.revoke(), enabled: false }],
    ['when nothing may be restored', { allowRestore: false }],
  ])('%s', (_, props) => {
    const deployed = SynthesizedStack.with(props);
    expect(Object.keys(aliasIds(deployed))).toEqual(expect.arrayContaining(['pause', 'resume']));
    expect(deployed.construct.pauseAlias?.aliasName).toBe('pause');
    expect(deployed.construct.resumeAlias?.aliasName).toBe('resume');
  });

  it('unless no rules are looked at', () => {
    const deployed = SynthesizedStack.with(NO_RULES);
    expect(aliasIds(deployed)).toEqual({});
    expect([deployed.construct.pauseAlias, deployed.construct.resumeAlias]).toEqual([undefined, undefined]);
  });

  it('of the function as it is now', () => {
    SynthesizedStack.with().template.hasResourceProperties('AWS::Lambda::Alias', {
      Name: 'pause', Description: 'Pauses revoking by Network/NetworkHygiene', FunctionVersion: '$LATEST',
    });
  });
});

describe('leave', () => {
  it.each(KINDS)('to %s is for that alias alone: the other, restoring and the function itself stay closed', kind => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    expect(grant(hygiene, kind, aRole(stack))).toBe(true);
    const deployed = new SynthesizedStack(stack, hygiene);
    expect(deployed.statementsOf(role => role.includes('Operator'))).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: aliasIds(deployed)[kind] } },
    ]);
    deployed.template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  it('to pause and to resume can be given to two', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    for (const kind of KINDS) grant(hygiene, kind, aRole(stack, `May${kind}`));
    const deployed = new SynthesizedStack(stack, hygiene);
    for (const kind of KINDS) {
      const resources = deployed.statementsOf(role => role.includes(`May${kind}`)).map(({ Resource }) => Resource);
      expect(resources).toEqual([{ Ref: aliasIds(deployed)[kind] }]);
    }
  });

  it('to pause can be given to another account', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    hygiene.grantPause(new AccountPrincipal('444455556666'));
    const deployed = new SynthesizedStack(stack, hygiene);
    expect(deployed.only('AWS::Lambda::Permission').Properties).toEqual({
      Action: 'lambda:InvokeFunction', Principal: '444455556666', FunctionName: { Ref: aliasIds(deployed).pause },
    });
  });

  it.each(KINDS)('to %s is refused where no rules are looked at, with what to do', kind => {
    const { construct } = SynthesizedStack.with(NO_RULES);
    const role = aRole(Stack.of(construct));
    const method = kind === 'pause' ? 'grantPause' : 'grantResume';
    expect(() => grant(construct, kind, role)).toThrow(new Error(
      `Network/NetworkHygiene: ${method}: staleRules and flaggedIngressRules leave no rules to look at, so there is `
      + 'nothing to pause; leave the grant out',
    ));
    expect(role.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });
});

it('needs no permission of the function that it does not have for its ledger', () => {
  const looking = SynthesizedStack.with().allowedActions.filter(action => action.startsWith('dynamodb:'));
  expect(looking).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']);
});
