/** Tests that intrinsic functions have the values that CloudFormation would give them, or say why they have none. */
import { App, Aws, CfnParameter, Fn, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as fc from 'fast-check';
import { ACCOUNT, REGION } from './apps';
import type { Fields } from '../../../cli/app/json';
import { templateOf } from '../../../cli/app/template';
import {
  type Lookups, type Marker, markersIn, markerWords, NO_LOOKUPS, resolve, type Resolved, resolveText, unknownOf,
  valueOf, withNames,
} from '../../../cli/app/tokens';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT, 'AWS::Region': REGION, 'AWS::Partition': 'aws', 'AWS::StackName': 'Network',
};

interface Given {
  readonly template?: Fields;
  readonly ids?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, Resolved>>;
  readonly exports?: Readonly<Record<string, string>>;
  readonly unread?: string;
}

function lookups({ template = {}, ids = {}, parameters = {}, exports = {}, unread }: Given): Lookups {
  return {
    ...NO_LOOKUPS, unread, template: templateOf(template),
    physicalId: id => ids[id],
    parameter: name => parameters[name],
    pseudo: name => name in PSEUDO ? valueOf(PSEUDO[name]) : unknownOf(name, 'not known'),
    exported: name => name in exports ? valueOf(exports[name]) : unknownOf(`the export ${name}`, 'nobody exports it'),
    output: (id, name) => valueOf(`${id}/${name}`),
  };
}

const values = (value: unknown, given: Given = {}): Resolved => resolve(value, lookups(given));

/** Returns the marker in words; fails if there is a value. */
function unknown(value: unknown, given: Given = {}): string {
  const result = values(value, given);
  if (result.kind === 'value') throw new Error(`It has the value ${JSON.stringify(result.value)}`);
  return `${result.kind}: ${markerWords(result)}`;
}

const Resources = {
  Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { VpcId: { Ref: 'Vpc' } } },
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  Pool: { Type: 'AWS::EC2::VPC' },
  List: { Type: 'AWS::EC2::PrefixList' },
  Vpn: { Type: 'AWS::EC2::VPNConnection' },
  Topic: { Type: 'AWS::SNS::Topic' },
  Bus: { Type: 'AWS::Events::EventBus' },
  Table: { Type: 'AWS::DynamoDB::Table' },
  Function: { Type: 'AWS::Lambda::Function' },
  Found: { Type: 'Custom::AWS' },
  Nested: { Type: 'AWS::CloudFormation::Stack' },
};
const ids = {
  Group: 'sg-1', Vpc: 'vpc-1', Pool: 'vpc-2', List: 'pl-1', Vpn: 'vpn-1',
  Topic: `arn:aws:sns:${REGION}:${ACCOUNT}:people`, Bus: 'changes', Table: 'ledger', Function: 'sweeper',
  Found: '0123', Nested: 'arn:nested',
};
const ref = (name: string): object => ({ Ref: name });
const att = (id: string, name: string): object => ({ 'Fn::GetAtt': [id, name] });

describe('a resource of the deployed stack', () => {
  const given = { template: { Resources }, ids };

  it.each<[string, object, string]>([
    ['its physical id', ref('Group'), 'sg-1'],
    ['the id of a group', att('Group', 'GroupId'), 'sg-1'],
    ['the other id of a group', att('Group', 'Id'), 'sg-1'],
    ['the VPC of a group, which is not its id', att('Group', 'VpcId'), 'vpc-1'],
    ['the id of a VPC', att('Vpc', 'VpcId'), 'vpc-1'],
    ['the addresses of a VPC', att('Vpc', 'CidrBlock'), '10.0.0.0/16'],
    ['the id of a prefix list', att('List', 'PrefixListId'), 'pl-1'],
    ['the id of a VPN connection', att('Vpn', 'VpnConnectionId'), 'vpn-1'],
    ['the ARN of a topic', ref('Topic'), ids.Topic],
    ['the same ARN as an attribute', att('Topic', 'TopicArn'), ids.Topic],
    ['the ARN of an event bus', att('Bus', 'Arn'), `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/changes`],
    ['the ARN of a table', att('Table', 'Arn'), `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/ledger`],
    ['the ARN of a function', att('Function', 'Arn'), `arn:aws:lambda:${REGION}:${ACCOUNT}:function:sweeper`],
    ['an attribute as one text', { 'Fn::GetAtt': 'Group.GroupId' }, 'sg-1'],
    ['an output of a nested stack', att('Nested', 'Outputs.Group'), 'Nested/Group'],
  ])('has %s', (_, value, expected) => {
    expect(values(value, given)).toEqual(valueOf(expected));
  });

  it.each<[string, object, string]>([
    ['that is not its id', att('Group', 'Other'), 'Other of AWS::EC2::SecurityGroup Group'],
    ['that EC2 assigns', att('Pool', 'CidrBlock'), 'CidrBlock of AWS::EC2::VPC Pool'],
    ['of a custom resource', att('Found', 'Id'), 'Id of Custom::AWS Found'],
  ])('does not tell an attribute %s', (_, value, what) => {
    expect(unknown(value, given)).toBe(`unknown: ${what}: the deployed stack does not tell it`);
  });

  it('has to be in the template', () => {
    expect(unknown(att('Other', 'Arn'), given)).toBe('unknown: Other: the template has no resource with this name');
  });

  it('does not tell the id of a group by its name', () => {
    expect(unknown(att('Group', 'GroupId'), { ...given, ids: { Group: 'web' } })).toMatch(/^unknown: GroupId of/);
  });
});

describe('a resource that is not in the deployed stack', () => {
  const given = { template: { Resources } };

  it.each<[string, object, string]>([
    ['its id', ref('Group'), 'AWS::EC2::SecurityGroup Group'],
    ['an attribute that is its id', att('List', 'PrefixListId'), 'AWS::EC2::PrefixList List'],
    ['its ARN', att('Bus', 'Arn'), 'AWS::Events::EventBus Bus'],
    ['the default group of a VPC, which is created with it', att('Vpc', 'DefaultSecurityGroup'), 'AWS::EC2::VPC Vpc'],
    ['the VPC of a group, if it is not there, either', att('Group', 'VpcId'), 'AWS::EC2::VPC Vpc'],
  ])('is not yet there: %s', (_, value, what) => {
    expect(values(value, given)).toEqual({ kind: 'notYetThere', what });
  });

  it('has a VPC that may be there', () => {
    expect(values(att('Group', 'VpcId'), { ...given, ids: { Vpc: 'vpc-1' } })).toEqual(valueOf('vpc-1'));
  });

  it('has the properties that the template gives', () => {
    expect(values(att('Vpc', 'CidrBlock'), given)).toEqual(valueOf('10.0.0.0/16'));
  });

  // These may name something that exists.
  it.each([att('Pool', 'CidrBlock'), att('Found', 'PrefixLists.0.PrefixListId'), ref('Found'), att('Group', 'Other')])(
    'may have an attribute with any value: %j', value => {
      expect(unknown(value, given)).toMatch(/^unknown: .*: its value is known after the deployment only$/);
    },
  );

  it('may be there if the deployed stack could not be read', () => {
    const all = [ref('Group'), att('Group', 'GroupId'), att('Bus', 'Arn'), att('Vpc', 'DefaultSecurityGroup')];
    for (const value of all) {
      expect(unknown(value, { ...given, unread: 'it was denied' })).toMatch(/^unknown: AWS::\S+ \w+: it was denied$/);
    }
  });

  it('is named by its construct', () => {
    const named = { ...lookups(given), constructPath: () => 'Network/Group/Resource' };
    expect(resolve(ref('Group'), named))
      .toEqual({ kind: 'notYetThere', what: 'AWS::EC2::SecurityGroup Network/Group' });
  });
});

describe('a parameter', () => {
  const Parameters = {
    Text: { Type: 'String', Default: 'default' }, Count: { Type: 'Number', Default: 22 }, Bare: { Type: 'String' },
    Names: { Type: 'CommaDelimitedList', Default: 'a, b' }, Vpcs: { Type: 'List<AWS::EC2::VPC::Id>' },
    Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/vpc/id' },
    StoredList: { Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: '/vpc/ids' },
    Secret: { Type: 'String', NoEcho: true },
  };
  const given = { template: { Parameters } };

  it.each<[string, string, Readonly<Record<string, Resolved>>, unknown]>([
    ['its default', 'Text', {}, 'default'],
    ['its deployed value, which outlasts a new default', 'Text', { Text: valueOf('deployed') }, 'deployed'],
    ['a number', 'Count', {}, 22],
    ['a list as its default', 'Names', {}, ['a', 'b']],
    ['a list', 'Vpcs', { Vpcs: valueOf('vpc-1,vpc-2') }, ['vpc-1', 'vpc-2']],
    ['a list that a stack passes', 'Vpcs', { Vpcs: valueOf(['vpc-1']) }, ['vpc-1']],
    ['the value that Systems Manager had', 'Stored', { Stored: valueOf('vpc-1') }, 'vpc-1'],
    ['the list that Systems Manager had', 'StoredList', { StoredList: valueOf('a,b') }, ['a', 'b']],
    ['a secret that is given', 'Secret', { Secret: valueOf('vpc-1') }, 'vpc-1'],
  ])('has %s', (_, name, parameters, expected) => {
    expect(values(ref(name), { ...given, parameters })).toEqual(valueOf(expected));
  });

  it('is unknown without a value, and never has the name of a stored one', () => {
    expect(unknown(ref('Bare'), given))
      .toBe('unknown: the parameter Bare: it has no default, and no deployed stack has a value');
    expect(unknown(ref('Stored'), given))
      .toBe('unknown: the parameter Stored: its value is in Systems Manager, as /vpc/id');
    expect(unknown(ref('Secret'), { ...given, parameters: { Secret: valueOf('****') } }))
      .toBe('unknown: the parameter Secret: its value is secret');
    expect(unknown(ref('Other'), given)).toContain('Other: the template has neither');
  });

  it('is what the stack above passes, known or not', () => {
    const marker: Marker = { kind: 'notYetThere', what: 'AWS::EC2::VPC Vpc' };
    expect(values(ref('Bare'), { ...given, parameters: { Bare: marker } })).toEqual(marker);
  });
});

describe('a function', () => {
  const template = {
    Resources,
    Parameters: { Stage: { Type: 'String', Default: 'prod' }, Names: { Type: 'CommaDelimitedList', Default: 'x,y' } },
    Mappings: { Ids: { prod: { vpc: 'vpc-1', list: ['a', 'b'] } } },
    Conditions: {
      IsProd: { 'Fn::Equals': [ref('Stage'), 'prod'] },
      IsOther: { 'Fn::Not': [{ Condition: 'IsProd' }] },
      Both: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsOther' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'Unknown' }] },
      Unknown: { 'Fn::Equals': [ref('AWS::Other'), 'x'] },
      Perhaps: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'Unknown' }] },
      Circle: { 'Fn::Not': [{ Condition: 'Turn' }] }, Turn: { 'Fn::Not': [{ Condition: 'Circle' }] },
    },
  };
  const given = { template, ids, exports: { Shared: 'vpc-9' } };
  const choose = (condition: string): object => ({ 'Fn::If': [condition, 'yes', { 'Fn::Join': ['', ['n', 'o']] }] });

  it.each<[string, unknown, unknown]>([
    [
      'Fn::Join', { 'Fn::Join': ['-', ['a', ref('Stage'), 3, ref('AWS::NoValue'), att('Group', 'GroupId')]] },
      'a-prod-3-sg-1',
    ],
    ['Fn::Join of a list', { 'Fn::Join': ['|', ref('Names')] }, 'x|y'],
    [
      'Fn::Sub', { 'Fn::Sub': 'a/${Stage}/${Group.GroupId}/${!Stage}/${AWS::Region}' },
      `a/prod/sg-1/\${Stage}/${REGION}`,
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${Own}-${Stage}', { Own: ref('Group') }] }, 'sg-1-prod'],
    ['Fn::Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    ['Fn::Select of a text', { 'Fn::Select': ['0', { 'Fn::Split': ['/', '10.0.0.0/8'] }] }, '10.0.0.0'],
    ['Fn::Select, which leaves out the rest', { 'Fn::Select': [0, [ref('Stage'), ref('AWS::Other')]] }, 'prod'],
    ['Fn::Split', { 'Fn::Split': [',', { 'Fn::Join': [',', ['a', 'b']] }] }, ['a', 'b']],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Ids', ref('Stage'), 'vpc'] }, 'vpc-1'],
    ['Fn::FindInMap of a list', { 'Fn::FindInMap': ['Ids', 'prod', 'list'] }, ['a', 'b']],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'Shared' } }, 'vpc-9'],
    ['Fn::If', choose('IsProd'), 'yes'],
    ['Fn::Not', choose('IsOther'), 'no'],
    ['Fn::And', choose('Both'), 'no'],
    ['Fn::Or that one operand decides', choose('Either'), 'yes'],
    ['AWS::NoValue', [ref('AWS::NoValue'), { a: ref('AWS::NoValue'), b: 1 }], [{ b: 1 }]],
    ['nothing', { a: [1, true, null, 'text'] }, { a: [1, true, null, 'text'] }],
  ])('is evaluated: %s', (_, value, expected) => {
    expect(values(value, given)).toEqual(valueOf(expected));
  });

  it.each<[unknown, string]>([
    [{ 'Fn::GetAZs': '' }, 'Fn::GetAZs: this function is evaluated at deployment only'],
    [{ 'Fn::Cidr': ['10.0.0.0/8', 1, 8] }, 'Fn::Cidr: this function is evaluated at deployment only'],
    [{ 'Fn::Transform': {} }, 'Fn::Transform: this function is evaluated at deployment only'],
    [{ 'Fn::ImportValue': 'Other' }, 'the export Other: nobody exports it'],
    [{ 'Fn::FindInMap': ['Ids', 'test', 'vpc'] }, 'the mapping Ids: it has nothing for test and vpc'],
    [{ 'Fn::FindInMap': ['Ids', 'constructor', 'name'] }, 'the mapping Ids: it has nothing for constructor and name'],
    [{ 'Fn::Select': [7, ['a']] }, 'Fn::Select: the list has no member 7'],
    [{ 'Fn::Select': [0, ref('AWS::Other')] }, 'AWS::Other: not known'],
    [{ 'Fn::Split': [',', ref('Names')] }, 'Fn::Split: it splits something that is not a text'],
    [{ 'Fn::Join': [',', ref('Stage')] }, 'Fn::Join: it joins something that is not a list'],
    [{ 'Fn::Join': [',', ['a', ref('Names')]] }, 'Ref: it is not a text'],
    [{ 'Fn::Join': [',', [ref('AWS::Other')]] }, 'AWS::Other: not known'],
    [{ 'Fn::Sub': '${AWS::Other}' }, 'AWS::Other: not known'],
    [choose('Unknown'), 'AWS::Other: not known'],
    [choose('Perhaps'), 'AWS::Other: not known'],
    [choose('Circle'), 'the condition Circle: it depends on itself'],
    [choose('Missing'), 'the condition Missing: the template does not have it'],
    ['{{resolve:ssm:/vpc/id}}', 'the dynamic reference resolve:ssm:/vpc/id: CloudFormation reads it at deployment'],
    [{ a: [{ b: ref('AWS::Other') }] }, 'AWS::Other: not known'],
  ])('says why it is not evaluated: %j', (value, expected) => {
    expect(unknown(value, given)).toBe(`unknown: ${expected}`);
  });

  it('is unknown if any part is, even if another part is not yet there', () => {
    const parts = [ref('Group'), ref('AWS::Other')];
    expect(unknown({ 'Fn::Join': ['', parts] }, { template })).toMatch(/^unknown: AWS::Other/);
    expect(unknown({ 'Fn::Join': ['', [ref('Group'), 'x']] }, { template })).toMatch(/^notYetThere: /);
  });

  it('is not seen in an object with the name of one among others', () => {
    expect(values({ Ref: 'x', Other: 'y' }, given)).toEqual(valueOf({ Ref: 'x', Other: 'y' }));
  });
});

describe('a JSON text of CDK', () => {
  const app = new App();
  const stack = new Stack(app, 'Network');
  const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', Fn.importValue('Group'));
  const count = new CfnParameter(stack, 'Count', { type: 'Number' });
  const names = new CfnParameter(stack, 'Names', { type: 'CommaDelimitedList' });
  const text = new CfnParameter(stack, 'Text');
  const json = stack.resolve(stack.toJsonString({
    text: text.valueAsString,
    within: `say "${text.valueAsString}" in ${Aws.REGION}`,
    quoted: Fn.join('"', [text.valueAsString, 'b']),
    count: count.valueAsNumber,
    names: names.valueAsList,
    split: Fn.split('|', Fn.importValue('Names')),
    imported: [
      group.securityGroupId, Fn.select(0, Fn.split('/', text.valueAsString)), Token.asString(Fn.getAtt('Vpc', 'VpcId')),
    ],
  })) as unknown;
  const template = stack.resolve((stack as unknown as { _toCloudFormation(): unknown })._toCloudFormation()) as Fields;
  const withVpc = { ...template, Resources: { ...template.Resources as object, ...Resources } };

  it('has texts, numbers and lists where they were', () => {
    const given = lookups({
      template: withVpc, ids, exports: { Group: 'sg-9', Names: 'a|b' },
      parameters: { Count: valueOf('22'), Names: valueOf('x,y'), Text: valueOf('hello') },
    });
    const { text: resolved, markers } = resolveText(json, given);
    expect(markers.size).toBe(0);
    expect(JSON.parse(resolved)).toEqual({
      text: 'hello', within: `say "hello" in ${REGION}`, quoted: 'hello"b', count: 22, names: ['x', 'y'],
      split: ['a', 'b'], imported: ['sg-9', 'hello', 'vpc-1'],
    });
  });

  it('stays JSON if nothing is known, and says what each placeholder is', () => {
    const { text: resolved, markers } = resolveText(json, lookups({ template: withVpc }));
    const parsed = JSON.parse(resolved) as Record<string, unknown>;
    const told = (value: unknown): string[] => markersIn(value, markers).map(markerWords);
    const noText = 'the parameter Text: it has no default, and no deployed stack has a value';
    expect(told(parsed.text)).toEqual([noText]);
    expect(withNames(String(parsed.within), markers)).toBe(`say "<the parameter Text>" in ${REGION}`);
    expect(withNames(String(parsed.quoted), markers)).toBe('<the parameter Text>"b');
    expect(typeof parsed.count).toBe('number');
    expect(told(parsed.count)).toEqual([expect.stringContaining('the parameter Count')]);
    expect((parsed.names as unknown[]).map(told)).toEqual([[expect.stringContaining('the parameter Names')]]);
    expect((parsed.split as unknown[]).map(told)).toEqual([['the export Names: nobody exports it']]);
    expect((parsed.imported as unknown[]).map(told))
      .toEqual([['the export Group: nobody exports it'], [noText], ['AWS::EC2::VPC Vpc is not yet there']]);
  });

  it('that is a plain text stays as it is', () => {
    expect(resolveText('{"a":1}')).toEqual({ text: '{"a":1}', markers: new Map() });
  });

  it('with a list that contains itself is unknown', () => {
    const circle = {
      Resources: { A: { Type: 'Custom::AWSCDKCfnJsonStringify', Properties: { Value: [att('A', 'Value')] } } },
    };
    const { text: resolved, markers } = resolveText(att('A', 'Value'), lookups({ template: circle }));
    expect([...markers.values()].map(markerWords)).toEqual(['Custom::AWSCDKCfnJsonStringify A: it depends on itself']);
    expect(JSON.parse(resolved)).toHaveLength(1);
  });
});

describe('a text with tokens', () => {
  /** A text or a number; a token has a name. */
  type Leaf = { readonly known: string | number } | { readonly token: string; readonly isNumber: boolean };
  type Tree = Leaf | Tree[] | { readonly fields: Record<string, Tree> };

  const leaf: fc.Arbitrary<Leaf> = fc.oneof(
    fc.record({
      known: fc.oneof(
        fc.string(), fc.integer(), fc.constantFrom('700000000000', 7_000_000_000_000_000, '7000000000000000'),
      ),
    }),
    fc.record({ token: fc.stringMatching(/^[A-Z][a-z]{1,5}$/), isNumber: fc.boolean() }),
  );
  const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { maxLength: 4 }),
      fc.record({ fields: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('tree'), { maxKeys: 4 }) })),
  }));

  /** Writes JSON as CDK does: a number token stands by itself, a text token between quotes. */
  function partsOf(value: Tree): unknown[] {
    if (Array.isArray(value)) {
      return ['[', ...value.flatMap((each, at) => [...at > 0 ? [','] : [], ...partsOf(each)]), ']'];
    }
    if ('fields' in value) {
      const members = Object.entries(value.fields)
        .flatMap(([key, each], at) => [`${at > 0 ? ',' : ''}${JSON.stringify(key)}:`, ...partsOf(each)]);
      return ['{', ...members, '}'];
    }
    if ('known' in value) return [JSON.stringify(value.known)];
    const token = { 'Fn::ImportValue': value.token };
    return value.isNumber ? [token] : ['"', token, '"'];
  }

  /** Returns the value that JSON has, with the given one for tokens. */
  function expected(value: Tree, forToken: (token: string, isNumber: boolean) => unknown): unknown {
    if (Array.isArray(value)) return value.map(each => expected(each, forToken));
    if ('fields' in value) {
      return Object.fromEntries(Object.entries(value.fields).map(([key, each]) => [key, expected(each, forToken)]));
    }
    return 'known' in value ? value.known : forToken(value.token, value.isNumber);
  }

  function shown(value: unknown, markers: ReadonlyMap<string, Marker>): unknown {
    if (Array.isArray(value)) return value.map(each => shown(each, markers));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each, markers)]));
    }
    const found = markersIn(value, markers);
    return found.length === 0 ? value : [typeof value, ...found.map(({ what }) => what)];
  }

  const isAToO = (token: string): boolean => token < 'P';

  it('has every known value, and a placeholder of its own exactly where a value is unknown', () => {
    fc.assert(fc.property(tree, given => {
      const exporting: Lookups = {
        ...NO_LOOKUPS, exported: name => isAToO(name) ? valueOf('17') : unknownOf(name, 'nobody exports it'),
      };
      const { text, markers } = resolveText({ 'Fn::Join': ['', partsOf(given)] }, exporting);
      expect(shown(JSON.parse(text), markers)).toEqual(expected(given, (token, isNumber) => {
        if (isAToO(token)) return isNumber ? 17 : '17';
        return [isNumber ? 'number' : 'string', token];
      }));
    }), { numRuns: 300 });
  });
});
