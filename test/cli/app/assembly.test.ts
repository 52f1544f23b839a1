/** Tests that the stacks of an app are found as CDK wrote them, and that a folder without a usable app says why. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnParameter, CfnStack, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ENV, folderOf, OF_COMMAND_LINE, refusal, REGION, stacksOf, withFolder } from './apps';
import { readAssembly } from '../../../cli/app/assembly';

describe('the stacks of an app', () => {
  const stacks = stacksOf(app => {
    new sns.Topic(new Stack(app, 'Anywhere'), 'Topic');
    new sns.Topic(new Stack(app, 'Named', { stackName: 'own-name', env: ENV }), 'Topic');
    const stage = new Stage(app, 'Prod', { env: ENV });
    new sns.Topic(new Stack(stage, 'Network'), 'Topic');
    new sns.Topic(new Stack(new Stage(stage, 'Inner'), 'Deep', { env: { region: REGION } }), 'Topic');
  });

  it('are found with their names and environments, those of stages included', () => {
    const told = stacks.map(({ artifactId, stackName, displayName, account, region }) =>
      ({ artifactId, stackName, displayName, account, region }));
    expect(told).toHaveLength(4);
    expect(told).toEqual(expect.arrayContaining([
      { artifactId: 'Anywhere', stackName: 'Anywhere', displayName: 'Anywhere', account: undefined, region: undefined },
      { artifactId: 'Named', stackName: 'own-name', displayName: 'Named', account: ACCOUNT, region: REGION },
      {
        artifactId: expect.stringMatching(/^ProdNetwork/), stackName: 'Prod-Network', displayName: 'Prod/Network',
        account: ACCOUNT, region: REGION,
      },
      {
        artifactId: expect.stringMatching(/^ProdInnerDeep/), stackName: 'Prod-Inner-Deep',
        displayName: 'Prod/Inner/Deep', account: ACCOUNT, region: REGION,
      },
    ]));
  });

  it('have the resources of their templates', () => {
    for (const { template } of stacks) {
      expect([...template.resources.values()].map(({ type }) => type)).toContain('AWS::SNS::Topic');
    }
  });

  it('may be none', () => {
    expect(stacksOf(() => undefined)).toEqual([]);
  });

  it('may be without resources', () => {
    const [stack, ...others] = stacksOf(app => {
      new CfnParameter(new Stack(app, 'Empty'), 'Given');
    });
    expect(others).toEqual([]);
    expect(stack.template.parameters.has('Given')).toBe(true);
  });
});

/** Nested stacks in a nested stack, with the same construct on each level. */
function withNested(app: App): void {
  const stack = new Stack(new Stage(app, 'Prod'), 'Network');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] });
  const group = new ec2.SecurityGroup(stack, 'Group', { vpc });
  const outer = new NestedStack(stack, 'Outer');
  new ec2.SecurityGroup(outer, 'Group', { vpc, description: group.securityGroupId });
  const inner = new NestedStack(outer, 'Inner');
  new ec2.SecurityGroup(inner, 'Group', { vpc });
}

const groupsIn = (paths: ReadonlyMap<string, string>): string[] =>
  [...paths.values()].filter(path => path.endsWith('/Group/Resource'));

describe('nested stacks', () => {
  it.each([
    ['as the command line synthesizes', OF_COMMAND_LINE],
    ['without metadata in the templates', {}],
  ])('are found at any depth, %s', (_, context) => {
    const [stack, ...others] = stacksOf(withNested, context);
    expect(others).toEqual([]);
    const [outer, ...moreOuter] = stack.nested;
    const [inner, ...moreInner] = outer.nested;
    expect([...moreOuter, ...moreInner, ...inner.nested]).toEqual([]);
    expect(groupsIn(stack.constructPaths)).toEqual(['Prod/Network/Group/Resource']);
    expect(groupsIn(outer.constructPaths)).toEqual(['Prod/Network/Outer/Group/Resource']);
    expect(groupsIn(inner.constructPaths)).toEqual(['Prod/Network/Outer/Inner/Group/Resource']);
    expect(stack.template.resources.get(outer.logicalId)?.type).toBe('AWS::CloudFormation::Stack');
    const [parameter, ...moreParameters] = Object.values(outer.parameters);
    expect(moreParameters).toEqual([]);
    expect(parameter).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Group/), 'GroupId'] });
  });

  it('are not looked for in templates that CDK did not write', () => {
    const folder = folderOf(app => {
      new NestedStack(new Stack(app, 'Network'), 'Outer');
    });
    const [file] = Object.values(manifestOf(folder).artifacts)
      .flatMap(({ properties }) => properties?.templateFile ?? []);
    const template = JSON.parse(readFileSync(join(folder, file), 'utf8')) as
      { Resources: Record<string, { Metadata: Record<string, string> }> };
    const [nested] = Object.values(template.Resources).flatMap(({ Metadata }) => Metadata['aws:asset:path'] ?? []);
    writeFileSync(join(folder, nested), 'Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n');
    expect(readAssembly(folder).map(each => each.nested)).toEqual([[]]);
    writeFileSync(join(folder, nested), '{"Resources":');
    expect(refusal(() => readAssembly(folder), folder)).toContain(`<folder>/${nested} is not a JSON object`);
    rmSync(join(folder, nested));
    expect(refusal(() => readAssembly(folder), folder)).toBe(
      `UsageError: <folder>/${nested} is missing, which the nested stack `
      + 'Network/Outer.NestedStack/Outer.NestedStackResource names. Run `npx cdk synth` again',
    );
  });

  it('are left alone if their templates are elsewhere', () => {
    const [stack] = stacksOf(app => {
      new CfnStack(new Stack(app, 'Network'), 'Outer', { templateUrl: 'https://templates.example/outer.json' });
    });
    expect([...stack.template.resources.values()].map(({ type }) => type)).toContain('AWS::CloudFormation::Stack');
    expect(stack.nested).toEqual([]);
  });
});

interface Manifest {
  readonly artifacts: Record<string, { type: string; metadata?: unknown; properties?: Record<string, string> }>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;

it('reads the paths of constructs where later versions of CDK write them', () => {
  const folder = folderOf(withNested, {});
  const stage = join(folder, 'assembly-Prod');
  const manifest = manifestOf(stage);
  const [before] = readAssembly(folder);
  for (const [id, { metadata, ...artifact }] of Object.entries(manifest.artifacts)) {
    if (artifact.type !== 'aws:cloudformation:stack') continue;
    writeFileSync(join(stage, 'Metadata.json'), JSON.stringify(metadata));
    Object.assign(manifest.artifacts, { [id]: { ...artifact, additionalMetadataFile: 'Metadata.json' } });
  }
  writeFileSync(join(stage, 'manifest.json'), JSON.stringify(manifest));
  const [after] = readAssembly(folder);
  expect(after).toEqual(before);
  expect(groupsIn(after.constructPaths)).toHaveLength(1);
});

const stackWith = (templateFile: unknown): object => ({
  type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile },
});
const stageIn = (directoryName: unknown): object => ({ type: 'cdk:cloud-assembly', properties: { directoryName } });

/** The files of an app with one artifact. */
const naming = (artifact: object): Record<string, unknown> => ({ 'manifest.json': { artifacts: { Web: artifact } } });

const MANIFEST = '<folder>/manifest.json';

/** A template with one nested stack. */
const nesting = (path: string): object => ({
  Resources: {
    Part: {
      Type: 'AWS::CloudFormation::Stack', Metadata: { 'aws:asset:path': path, 'aws:asset:property': 'TemplateURL' },
    },
  },
});

const read = (files: Readonly<Record<string, unknown>>): string =>
  withFolder(files, folder => refusal(() => readAssembly(folder), folder));

describe('a folder without a usable app', () => {
  it('is one that is missing, a file, or without a manifest', () => {
    const told = 'UsageError: There is no synthesized app in <folder>: it has no manifest.json. Run `npx cdk synth` '
      + 'first, or name the folder';
    expect(read({})).toBe(told);
    withFolder({ file: '' }, folder => {
      for (const each of ['missing', 'file']) {
        expect(refusal(() => readAssembly(join(folder, each)), join(folder, each))).toBe(told);
      }
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a manifest that is not JSON', { 'manifest.json': '{"artifacts":' }, `${MANIFEST} is not a JSON object`],
    ['a manifest that is a list', { 'manifest.json': [] }, `${MANIFEST} is not a JSON object`],
    ['a manifest without artifacts', { 'manifest.json': { version: '41.0.0' } }, `${MANIFEST} has no artifacts`],
    [
      'values that CDK has yet to look up',
      { 'manifest.json': { artifacts: {}, missing: [{ key: 'vpc-provider:account=1', provider: 'vpc-provider' }] } },
      `${MANIFEST} is not complete: CDK has yet to look up "vpc-provider:account=1". Run \`npx cdk synth\` with `
      + 'credentials for it',
    ],
    ['a stack without a template', naming(stackWith(undefined)), `${MANIFEST}: the stack "Web" has no template`],
    [
      'a template that is missing', naming(stackWith('Web.json')),
      `<folder>/Web.json is missing, which ${MANIFEST} names. Run \`npx cdk synth\` again`,
    ],
    [
      'a template that is not JSON', { ...naming(stackWith('Web.json')), 'Web.json': 'Resources: {}' },
      '<folder>/Web.json is not a JSON object',
    ],
    ['a stage without a folder', naming(stageIn(1)), `${MANIFEST}: the stage "Web" has no folder`],
    [
      'a stage that is missing', naming(stageIn('assembly-Prod')), '<folder>/assembly-Prod/manifest.json is missing',
    ],
    ['a stage that contains itself', naming(stageIn('.')), `${MANIFEST}: the stage "Web" contains itself`],
    [
      'a nested stack that contains itself', { ...naming(stackWith('Web.json')), 'Web.json': nesting('Web.json') },
      '<folder>/Web.json: the nested stack Part contains itself',
    ],
  ])('is one with %s', (_, files, message) => {
    const told = read(files);
    expect(told).toContain(`UsageError: ${message}`);
    expect(told).toContain('npx cdk synth');
  });

  it('does not quote the files that it could not read', () => {
    expect(read({ 'manifest.json': '{"secret' })).not.toContain('secret');
  });
});

describe('a file outside of the folder', () => {
  const template = { Resources: { Topic: { Type: 'AWS::SNS::Topic' } } };
  const writeManifest = (folder: string, artifact: object): void =>
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(naming(artifact)['manifest.json']));
  const OUTSIDE = [
    '../Web.json', '..', '../', 'a/../../Web.json', '/elsewhere/Web.json', './../Web.json', 'a/../../app/../Web.json',
  ];

  it.each(OUTSIDE)('is not read as a template, a nested stack, a stage, metadata or a list of assets: %s', name => {
    const Assets = { type: 'cdk:asset-manifest', properties: { file: name } };
    const Part = { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://s3/bucket/0123.json' } };
    const files = [
      naming(stackWith(name)),
      { ...naming(stackWith('Web.json')), 'Web.json': nesting(name) },
      naming(stageIn(name)),
      { ...naming({ ...stackWith('Web.json'), additionalMetadataFile: name }), 'Web.json': template },
      {
        'manifest.json': { artifacts: { Web: stackWith('Web.json'), Assets } },
        'Web.json': { Resources: { Part } },
      },
    ];
    for (const each of files) {
      withFolder(each, folder => {
        mkdirSync(join(folder, 'app'));
        for (const file of Object.keys(each)) cpSync(join(folder, file), join(folder, 'app', file));
        writeFileSync(join(folder, 'Web.json'), JSON.stringify(template));
        const told = refusal(() => readAssembly(join(folder, 'app')), join(folder, 'app'));
        expect(told).toBe(`UsageError: <folder> names ${JSON.stringify(name)}, which is outside of <folder>. An app `
          + 'that `npx cdk synth` makes names no such file');
      });
    }
  });

  it('may be in the folder of the app and outside of that of a stage', () => {
    withFolder({ ...naming(stageIn('stage')), 'Web.json': template }, folder => {
      mkdirSync(join(folder, 'stage'));
      writeManifest(join(folder, 'stage'), stackWith('../Web.json'));
      expect(readAssembly(folder).map(({ stackName }) => stackName)).toEqual(['Web']);
      writeManifest(join(folder, 'stage'), stackWith('../../Web.json'));
      expect(refusal(() => readAssembly(folder), folder))
        .toContain('<folder>/stage names "../../Web.json", which is outside of <folder>');
    });
  });

  it('may be where a symbolic link leads', () => {
    withFolder({ 'Web.json': template }, folder => {
      mkdirSync(join(folder, 'app'));
      symlinkSync(join(folder, 'Web.json'), join(folder, 'app', 'Linked.json'));
      writeManifest(join(folder, 'app'), stackWith('Linked.json'));
      symlinkSync(join(folder, 'app'), join(folder, 'link'));
      for (const app of ['app', 'link']) {
        expect(readAssembly(join(folder, app)).map(({ stackName }) => stackName)).toEqual(['Web']);
      }
    });
  });

  it('does not lead around in a circle', () => {
    withFolder(naming(stageIn('loop')), folder => {
      symlinkSync(folder, join(folder, 'loop'));
      expect(refusal(() => readAssembly(folder), folder)).toContain('the stage "Web" contains itself');
    });
  });
});

it('takes names for names, whatever JavaScript uses them for', () => {
  const files = {
    'manifest.json': '{"artifacts":{"__proto__":{"type":"aws:cloudformation:stack","properties":{"templateFile":'
      + '"Web.json"}},"constructor":{"type":"toString"},"none":null,"text":"aws:cloudformation:stack"}}',
    'Web.json': '{"Resources":{"__proto__":{"Type":"AWS::SNS::Topic"},"constructor":{"Type":1},"none":null},'
      + '"Parameters":[],"Outputs":"x"}',
  };
  withFolder(files, folder => {
    const [stack, ...others] = readAssembly(folder);
    expect(others).toEqual([]);
    expect(stack.stackName).toBe('__proto__');
    expect([...stack.template.resources.keys()]).toEqual(['__proto__']);
    expect(stack.template.parameters.size + stack.template.outputs.size).toBe(0);
  });
});
