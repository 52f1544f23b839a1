/** Tests that values are looked up in the deployed stacks, and in the other stacks of an app. */
import { App, CfnOutput, CfnParameter, CfnResource, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, deployedStack, deployment, ENV, idOf, NOTHING_DEPLOYED, REGION, stackId, stacksOf } from './apps';
import type { StackOfApp } from '../../../cli/app/assembly';
import { type DeployedStack, type Deployment, lookupsFor, withDeployedStacks } from '../../../cli/app/lookups';
import { markerWords, resolve } from '../../../cli/app/tokens';

const named = (stacks: readonly StackOfApp[], name: string): StackOfApp => {
  const found = stacks.find(({ stackName }) => stackName === name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
};

/** Returns a value in a stack, or why there is none. */
function looked(value: unknown, stacks: readonly StackOfApp[], name: string, found: Deployment, depth = 0): unknown {
  const stack = named(stacks, name);
  const nestedStacks = [];
  for (let [nested] = stack.nested; nestedStacks.length < depth; [nested] = nested.nested) nestedStacks.push(nested);
  const result = resolve(value, lookupsFor({ stack, nestedStacks }, stacks, found));
  return result.kind === 'value' ? result.value : `${result.kind}: ${markerWords(result)}`;
}

const UNREAD: DeployedStack = { kind: 'unread', why: 'AccessDenied' };

/** A deployed stack with resources by their logical ids. */
const there = (id: string, resources: Readonly<Record<string, string>>): DeployedStack =>
  ({ kind: 'there', stackId: id, resources: new Map(Object.entries(resources)), parameters: new Map() });

describe('a pseudo parameter', () => {
  const stacks = stacksOf(app => {
    const stack = new Stack(app, 'Network', { stackName: 'net' });
    new sns.Topic(new NestedStack(stack, 'Part'), 'Topic');
  });
  const all = ['AWS::AccountId', 'AWS::Region', 'AWS::Partition', 'AWS::URLSuffix', 'AWS::StackName', 'AWS::StackId'];
  const lookedAll = (found: Deployment, depth = 0): unknown[] =>
    all.map(name => looked({ Ref: name }, stacks, 'net', found, depth));

  it('has the value of the account, the Region and the stack', () => {
    const net = deployedStack(named(stacks, 'net'), 'net', {});
    expect(lookedAll(deployment({ net }))).toEqual([ACCOUNT, REGION, 'aws', 'amazonaws.com', 'net', stackId('net')]);
  });

  it.each([
    ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'], ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
    ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov'], ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov'],
    ['us-isof-south-1', 'aws-iso-f', 'csp.hci.ic.gov'], ['eu-isoe-west-1', 'aws-iso-e', 'cloud.adc-e.uk'],
    ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'], ['us-east-1', 'aws', 'amazonaws.com'],
  ])('knows the partition of %s', (region, partition, suffix) => {
    expect(lookedAll({ ...NOTHING_DEPLOYED, region }).slice(1, 4)).toEqual([region, partition, suffix]);
  });

  it('has the id of a stack only if it is deployed', () => {
    expect(lookedAll(NOTHING_DEPLOYED).slice(4))
      .toEqual(['net', 'unknown: AWS::StackId: the stack is not yet deployed']);
    expect(lookedAll({ ...NOTHING_DEPLOYED, stack: () => UNREAD }).slice(4))
      .toEqual(['net', 'unknown: AWS::StackId: AccessDenied']);
  });

  it('has the name of a nested stack that CloudFormation chose', () => {
    const [nested] = named(stacks, 'net').nested;
    const part = stackId('net-Part-1X2Y');
    const found = deployment({ net: there(stackId('net'), { [nested.logicalId]: part }), [part]: there(part, {}) });
    expect(lookedAll(found, 1).slice(4)).toEqual(['net-Part-1X2Y', part]);
    expect(lookedAll(NOTHING_DEPLOYED, 1).slice(4)[0]).toBe('unknown: AWS::StackName: the stack is not yet deployed');
  });

  it('that does not exist is unknown', () => {
    const why = (name: string): unknown => looked({ Ref: name }, stacks, 'net', NOTHING_DEPLOYED);
    expect(why('AWS::Other')).toContain('there is no such pseudo parameter');
    expect(why('AWS::NotificationARNs')).toContain('given at deployment');
  });
});

describe('a parameter', () => {
  const stacks = stacksOf(app => {
    new CfnParameter(new Stack(app, 'Network'), 'Office', { default: '10.0.0.0/8' });
  });
  const office = (found: Deployment): unknown => looked({ Ref: 'Office' }, stacks, 'Network', found);

  it('has its deployed value, and its default if it is new', () => {
    const [stack] = stacks;
    expect(office(deployment({ Network: deployedStack(stack, 'Network', {}, { Office: '192.0.2.0/24' }) })))
      .toBe('192.0.2.0/24');
    expect(office(deployment({ Network: deployedStack(stack, 'Network', {}) }))).toBe('10.0.0.0/8');
    expect(office(NOTHING_DEPLOYED)).toBe('10.0.0.0/8');
  });

  it('may have another value than its default if the stack could not be read', () => {
    expect(office(deployment({ Network: UNREAD }))).toBe('unknown: the parameter Office: AccessDenied');
  });
});

describe('an imported value', () => {
  function make(app: App): void {
    for (const [id, env] of [['Base', undefined], ['Elsewhere', { ...ENV, region: 'us-east-1' }]] as const) {
      const stack = new Stack(app, id, { env });
      const vpc = new ec2.CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
      const exportName = id === 'Base' ? Fn.sub('${AWS::StackName}-Vpc') : 'Elsewhere-Vpc';
      new CfnOutput(stack, 'Given', { value: vpc.ref, exportName });
    }
    const circle = new Stack(app, 'Circle');
    new CfnOutput(circle, 'One', { value: Fn.importValue('Two'), exportName: 'One' });
    new CfnOutput(circle, 'Other', { value: Fn.importValue('One'), exportName: 'Two' });
    new sns.Topic(new Stack(app, 'User'), 'Topic');
  }
  const stacks = stacksOf(make);
  const imported = (name: string, found: Deployment): unknown =>
    looked({ 'Fn::ImportValue': name }, stacks, 'User', found);
  const base = deployedStack(named(stacks, 'Base'), 'Base', { 'Base/Vpc': 'vpc-1' });

  it('is the one that a deployed stack exports', () => {
    expect(imported('Base-Vpc', deployment({ Base: base }, { 'Base-Vpc': 'vpc-0' }))).toBe('vpc-0');
  });

  it('is the one that a stack of the app is yet to export, of a resource that may be there already', () => {
    expect(imported('Base-Vpc', deployment({ Base: base }))).toBe('vpc-1');
    expect(imported('Base-Vpc', NOTHING_DEPLOYED)).toBe('notYetThere: AWS::EC2::VPC Base/Vpc is not yet there');
    expect(imported('Base-Vpc', deployment({ Base: UNREAD }))).toBe('unknown: AWS::EC2::VPC Base/Vpc: AccessDenied');
  });

  it('is not one of another Region', () => {
    expect(imported('Elsewhere-Vpc', NOTHING_DEPLOYED))
      .toBe('unknown: the export Elsewhere-Vpc: no stack of the account and Region exports it');
  });

  it('is unknown if the exports could not be read, unless the app has it', () => {
    const unread: Deployment = { ...deployment({ Base: base }), exports: undefined };
    expect(imported('Other', unread)).toBe('unknown: the export Other: the exports could not be read');
    expect(imported('Base-Vpc', unread)).toBe('vpc-1');
  });

  it('does not lead around in a circle', () => {
    expect(imported('One', NOTHING_DEPLOYED)).toBe('unknown: the export One: it depends on itself');
  });
});

describe('a nested stack', () => {
  function make(app: App): void {
    const stack = new Stack(app, 'Network');
    const vpc = new ec2.CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
    const outer = new NestedStack(stack, 'Outer');
    const inner = new NestedStack(outer, 'Inner');
    const group = new ec2.CfnSecurityGroup(inner, 'Group', { groupDescription: 'x', vpcId: vpc.ref });
    new CfnResource(stack, 'User', { type: 'AWS::Test::User', properties: { Group: group.ref } });
  }
  const stacks = stacksOf(make);
  const [network] = stacks;
  const [outer] = network.nested;
  const [inner] = outer.nested;
  const used = network.template.resources.get(idOf(network, 'Network/User'))?.properties.Group;
  const passed = inner.template.resources.get(idOf(inner, 'Network/Outer/Inner/Group'))?.properties.VpcId;
  const found = deployment({
    'Network': there(stackId('Network'), { [idOf(network, 'Network/Vpc')]: 'vpc-1', [outer.logicalId]: 'arn:outer' }),
    'arn:outer': there('arn:outer', { [inner.logicalId]: 'arn:inner' }),
    'arn:inner': there('arn:inner', { [idOf(inner, 'Network/Outer/Inner/Group')]: 'sg-1' }),
  });

  it('gets the values that the stacks above pass', () => {
    expect(looked(passed, stacks, 'Network', found, 2)).toBe('vpc-1');
    expect(looked(passed, stacks, 'Network', NOTHING_DEPLOYED, 2))
      .toBe('notYetThere: AWS::EC2::VPC Network/Vpc is not yet there');
  });

  it('gives its outputs to the stacks above', () => {
    expect(looked(used, stacks, 'Network', found)).toBe('sg-1');
    expect(looked(used, stacks, 'Network', NOTHING_DEPLOYED))
      .toBe('notYetThere: AWS::EC2::SecurityGroup Network/Outer/Inner/Group is not yet there');
  });

  it('is unknown if it, or a stack above, could not be read', () => {
    const read = { ...found, stack: (name: string) => name === 'arn:outer' ? UNREAD : found.stack(name) };
    for (const each of [read, { ...found, stack: () => UNREAD }]) {
      expect(looked(used, stacks, 'Network', each))
        .toBe('unknown: AWS::EC2::SecurityGroup Network/Outer/Inner/Group: AccessDenied');
    }
  });

  it('has outputs only if its template is part of the app', () => {
    const value = { 'Fn::GetAtt': [outer.logicalId, 'Outputs.Other'] };
    expect(looked(value, stacks, 'Network', found))
      .toMatch(/^unknown: the output Other of .*: its template is not part of the app$/);
  });

  it('gets exactly the stacks read that it needs', async () => {
    const read: string[] = [];
    const reading = async (name: string): Promise<DeployedStack> => {
      read.push(name);
      return Promise.resolve(found.stack(name));
    };
    const value = await withDeployedStacks(stack => looked(used, stacks, 'Network', { ...found, stack }), reading);
    expect(value).toBe('sg-1');
    expect(read).toEqual(['Network', 'arn:outer', 'arn:inner']);
    read.length = 0;
    const plainly = await withDeployedStacks(stack => looked('x', stacks, 'Network', { ...found, stack }), reading);
    expect(plainly).toBe('x');
    expect(read).toEqual([]);
  });
});

describe('work with deployed stacks', () => {
  it('fails only once everything it asked for is read', async () => {
    const read: string[] = [];
    const work = withDeployedStacks(
      stack => {
        const { kind } = stack('Network');
        if (kind === 'unread') stack('Other');
        throw new Error(kind);
      },
      async name => {
        read.push(name);
        return Promise.resolve({ kind: 'notThere' });
      },
    );
    await expect(work).rejects.toThrow(/^notThere$/);
    expect(read).toEqual(['Network', 'Other']);
  });

  it('fails if a stack cannot be read', async () => {
    await expect(withDeployedStacks(stack => stack('Network'), async () => Promise.reject(new Error('denied'))))
      .rejects.toThrow('denied');
  });
});
