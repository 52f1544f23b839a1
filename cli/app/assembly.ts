/** Reads the stacks of a synthesized app: the folder that `npx cdk synth` writes, which is `cdk.out` by default. */
import { type ConstructPaths, constructPathsOf, metadataOf, nestedStackPath } from './construct-paths';
import { type Folder, inside, named, objectIn, objectOfFile, realPath, SYNTH_AGAIN, textOfFile, textOfNamed } from './folder';
import { type Fields, fieldsOf, functionOf, isFields, listOf, textOf } from './json';
import { type Template, templateOf, type TemplateResource } from './template';
import { quoted, UsageError } from '../usage/usage-error';

/** The members that a stack and a nested stack have in common. */
export interface StackTemplate {
  readonly template: Template;
  /** The paths of the constructs, without a leading slash, by the logical ids of their resources. */
  readonly constructPaths: ReadonlyMap<string, string>;
  readonly nested: readonly NestedStackOfApp[];
}

export interface NestedStackOfApp extends StackTemplate {
  /** The logical id of the `AWS::CloudFormation::Stack` in the template above. */
  readonly logicalId: string;
  /** The values that the template above passes. They may hold intrinsic functions. */
  readonly parameters: Fields;
}

export interface StackOfApp extends StackTemplate {
  readonly artifactId: string;
  readonly stackName: string;
  /** The name that `npx cdk ls` shows, such as `Prod/Network`. */
  readonly displayName: string;
  /** Undefined if the stack can be deployed to any account. */
  readonly account?: string;
  /** Undefined if the stack can be deployed to any Region. */
  readonly region?: string;
}

const MANIFEST = 'manifest.json';

/**
 * Reads all stacks of an app, with those of its stages.
 *
 * @throws UsageError when the folder has no complete app; the message says what to do
 */
export function readAssembly(folder: string): StackOfApp[] {
  const root = { app: folder, below: '' };
  const text = textOfFile(root, MANIFEST);
  if (text === undefined) {
    throw new UsageError(
      `There is no synthesized app in ${folder}: it has no ${MANIFEST}. Run \`npx cdk synth\` first, or name the `
        + 'folder',
    );
  }
  return stacksOf(root, objectIn(text, root, MANIFEST), []);
}

/** @param above the folders of the assemblies around this one */
function stacksOf(folder: Folder, manifest: Fields, above: readonly string[]): StackOfApp[] {
  const { artifacts } = manifest;
  const name = named(folder, MANIFEST);
  if (!isFields(artifacts)) {
    throw new UsageError(
      `${name} has no artifacts, so it is not that of a synthesized app. Run \`npx cdk synth\`, or name the folder`,
    );
  }
  requireComplete(name, manifest);
  const around = [...above, realPath(folder)];
  return Object.entries(artifacts).flatMap(([id, value]) => {
    const artifact = fieldsOf(value);
    if (artifact.type === 'cdk:cloud-assembly') return stacksOfStage(folder, id, artifact, around);
    return artifact.type === 'aws:cloudformation:stack' ? [stackOf(folder, artifacts, id, artifact)] : [];
  });
}

/** Refuses an app for which CDK has put in made-up values, such as the id of a VPC that it has yet to look up. */
function requireComplete(name: string, { missing }: Fields): void {
  const keys = listOf(missing).map(each => textOf(fieldsOf(each).key) ?? 'a value');
  if (keys.length === 0) return;
  throw new UsageError(
    `${name} is not complete: CDK has yet to look up ${keys.map(quoted).join(', ')}. Run \`npx cdk synth\` with `
      + 'credentials for it',
  );
}

function stacksOfStage(folder: Folder, id: string, artifact: Fields, around: readonly string[]): StackOfApp[] {
  const directory = textOf(fieldsOf(artifact.properties).directoryName);
  const name = named(folder, MANIFEST);
  if (directory === undefined) throw new UsageError(`${name}: the stage ${quoted(id)} has no folder. ${SYNTH_AGAIN}`);
  const stage = inside(folder, directory);
  if (around.includes(realPath(stage))) {
    throw new UsageError(`${name}: the stage ${quoted(id)} contains itself. ${SYNTH_AGAIN}`);
  }
  return stacksOf(stage, objectOfFile(stage, MANIFEST, name), around);
}

function stackOf(folder: Folder, artifacts: Fields, artifactId: string, artifact: Fields): StackOfApp {
  const { templateFile, stackName } = fieldsOf(artifact.properties);
  const file = textOf(templateFile);
  const manifest = named(folder, MANIFEST);
  if (file === undefined) {
    throw new UsageError(`${manifest}: the stack ${quoted(artifactId)} has no template. ${SYNTH_AGAIN}`);
  }
  const json = objectOfFile(folder, file, manifest);
  const place = { folder, artifacts, paths: constructPathsOf(metadataOf(folder, artifact, manifest)) };
  return {
    artifactId,
    stackName: textOf(stackName) ?? artifactId,
    displayName: textOf(artifact.displayName) ?? artifactId,
    ...environmentOf(artifact.environment),
    ...stackTemplate(place, json, [], [realPath(folder, file)]),
  };
}

const UNKNOWN = ['unknown-account', 'unknown-region'];

/** Reads an environment such as `aws://111122223333/eu-west-1`. */
function environmentOf(environment: unknown): Pick<StackOfApp, 'account' | 'region'> {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(textOf(environment) ?? '') ?? [];
  const known = (name: string | undefined): string | undefined =>
    name === undefined || UNKNOWN.includes(name) ? undefined : name;
  return { account: known(account), region: known(region) };
}

/** The place of a template: its assembly, and the constructs that its stack has. */
interface Place {
  readonly folder: Folder;
  readonly artifacts: Fields;
  readonly paths: ConstructPaths;
}

/**
 * @param nestedIn the paths of the nested stacks around this template, and of its own
 * @param above the files of the templates around this one, and its own
 */
function stackTemplate(
  place: Place, json: Fields, nestedIn: readonly string[], above: readonly string[],
): StackTemplate {
  const template = templateOf(json);
  const constructPaths = place.paths(template, nestedIn.at(-1));
  const nested = [...template.resources].flatMap(([logicalId, resource]) => {
    const file = resource.type === 'AWS::CloudFormation::Stack' ? nestedFile(place, resource) : undefined;
    if (file === undefined) return [];
    const by = `the nested stack ${constructPaths.get(logicalId) ?? logicalId}`;
    if (above.includes(realPath(place.folder, file))) {
      throw new UsageError(`${named(place.folder, file)}: ${by} contains itself. ${SYNTH_AGAIN}`);
    }
    const content = nestedContent(place.folder, file, by);
    if (content === undefined) return [];
    const path = constructPaths.get(logicalId) ?? '';
    const around = [...nestedIn, nestedStackPath(path) ?? path];
    return [{
      logicalId, parameters: fieldsOf(resource.properties.Parameters),
      ...stackTemplate(place, content, around, [...above, realPath(place.folder, file)]),
    }];
  });
  return { template, constructPaths, nested };
}

/** @returns undefined for a template that CDK did not write, and that can therefore have no constructs */
function nestedContent(folder: Folder, file: string, by: string): Fields | undefined {
  const text = textOfNamed(folder, file, by);
  return /^\s*\{/.test(text) ? objectIn(text, folder, file) : undefined;
}

/**
 * Returns the file of a nested stack. CDK names it in the metadata of the resource. Without such metadata, it is the
 * asset with the key that the URL of the template ends with.
 */
function nestedFile({ folder, artifacts }: Place, { metadata, properties }: TemplateResource): string | undefined {
  const path = textOf(metadata['aws:asset:path']);
  if (path !== undefined && metadata['aws:asset:property'] === 'TemplateURL') return path;
  const url = endOf(properties.TemplateURL);
  if (url === undefined) return undefined;
  const assets = Object.values(artifacts).map(fieldsOf).flatMap(artifact => {
    const file = textOf(fieldsOf(artifact.properties).file);
    return artifact.type === 'cdk:asset-manifest' && file !== undefined ? assetsOf(folder, file) : [];
  });
  return assets.find(({ key }) => url.endsWith(`/${key}`))?.path;
}

/** Returns the literal text with which a URL ends. */
function endOf(url: unknown): string | undefined {
  const [name, argument] = functionOf(url) ?? [];
  if (name === 'Fn::Join') return endOf(listOf(listOf(argument)[1]).at(-1));
  return name === 'Fn::Sub' ? textOf(argument) : textOf(url);
}

function assetsOf(folder: Folder, file: string): Array<{ readonly key: string; readonly path: string }> {
  const { files } = objectOfFile(folder, file, named(folder, MANIFEST));
  return Object.values(fieldsOf(files)).flatMap(asset => {
    const path = textOf(fieldsOf(fieldsOf(asset).source).path);
    return path === undefined ? [] : Object.values(fieldsOf(fieldsOf(asset).destinations)).flatMap(destination => {
      const key = textOf(fieldsOf(destination).objectKey);
      return key === undefined ? [] : [{ key, path }];
    });
  });
}
