/** Synthesizes apps with CDK, and stands in for what is deployed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readAssembly, type StackOfApp } from '../../../cli/app/assembly';
import { type AppConfiguration, configurationOf } from '../../../cli/app/configuration';
import { type HygieneOfApp, hygienesOf } from '../../../cli/app/hygienes';
import { type DeployedStack, type Deployment, lookupsFor } from '../../../cli/app/lookups';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';
export const ENV = { account: ACCOUNT, region: REGION };

/** The context with which the CDK command line synthesizes. */
export const OF_COMMAND_LINE = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };

/** Synthesizes an app and returns its folder, which the test environment removes. */
export function folderOf(make: (app: App) => void, context: Record<string, unknown> = OF_COMMAND_LINE): string {
  const app = new App({ context });
  make(app);
  return app.synth().directory;
}

export function stacksOf(make: (app: App) => void, context?: Record<string, unknown>): StackOfApp[] {
  return readAssembly(folderOf(make, context));
}

/** Writes files that CDK would not write, and removes them afterwards. */
export function withFolder<T>(files: Readonly<Record<string, unknown>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'app-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the logical id of the resource of a construct, such as `Network/Group/Resource`. */
export function idOf({ constructPaths }: Pick<StackOfApp, 'constructPaths'>, path: string): string {
  const found = [...constructPaths].find(([, each]) => each === path);
  if (found === undefined) throw new Error(`There is no ${path}, but ${[...constructPaths.values()].join(', ')}`);
  return found[0];
}

export const stackId = (name: string): string => `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/0123`;

/** A deployed stack with some resources, by the paths of their constructs. */
export function deployedStack(
  stack: Pick<StackOfApp, 'constructPaths'>, name: string, ids: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>> = {},
): DeployedStack {
  return {
    kind: 'there', stackId: stackId(name), parameters: new Map(Object.entries(parameters)),
    resources: new Map(Object.entries(ids).map(([path, id]) => [idOf(stack, path), id])),
  };
}

export const NOTHING_DEPLOYED: Deployment = {
  account: ACCOUNT, region: REGION, stack: () => ({ kind: 'notThere' }), exports: new Map(),
};

/** Returns what is deployed, by the names and ids of the stacks. */
export function deployment(
  stacks: Readonly<Record<string, DeployedStack>>, exports: Readonly<Record<string, string>> = {},
): Deployment {
  return {
    ...NOTHING_DEPLOYED, exports: new Map(Object.entries(exports)),
    stack: name => Object.hasOwn(stacks, name) ? stacks[name] : { kind: 'notThere' },
  };
}

/** Returns the configuration of a NetworkHygiene of an app. */
export function configured(
  stacks: readonly StackOfApp[], found: Deployment = NOTHING_DEPLOYED, constructPath?: string,
): AppConfiguration {
  const hygiene = hygieneOf(stacks, constructPath);
  return configurationOf(hygiene.properties, lookupsFor(hygiene, stacks, found));
}

/** @param constructPath absent if the app has only one */
export function hygieneOf(stacks: readonly StackOfApp[], constructPath?: string): HygieneOfApp {
  const found = hygienesOf(stacks).filter(each => constructPath === undefined || each.constructPath === constructPath);
  if (found.length !== 1) throw new Error(`The app has ${found.length} of them`);
  return found[0];
}

/** Returns the message of the error, in which the folder is `<folder>`. */
export function refusal(run: () => unknown, folder = '\0'): string {
  try {
    run();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`.replaceAll(folder, '<folder>');
  }
  throw new Error('There was no error');
}
