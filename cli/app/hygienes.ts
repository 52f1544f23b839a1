/** Finds every NetworkHygiene and NetworkHygieneOrganization of an app, and selects some of them. */
import type { NestedStackOfApp, StackOfApp, StackTemplate } from './assembly';
import { type Fields, fieldsOf, functionOf, listOf, textOf } from './json';
import type { Template, TemplateResource } from './template';
import { resolveText } from './tokens';
import { organization } from '../../src/contract/decode-organization';
import { CONFIGURATION_PROPERTY, CUSTOM_RESOURCE_TYPE, RESTORE_FUNCTION_VARIABLE } from '../../src/contract/names';
import {
  ORGANIZATION_RESOURCE_TYPE, type OrganizationConfiguration, STATE_MACHINE_PROPERTY,
} from '../../src/contract/organization';
import { Reader } from '../../src/contract/reader';
import { nearest } from '../usage/nearest';
import { quoted, UsageError } from '../usage/usage-error';

export interface HygieneOfApp {
  /** The logical id of the custom resource. */
  readonly logicalId: string;
  /** The path of the construct, such as `Prod/Network/NetworkHygiene`. */
  readonly constructPath: string;
  /** Whether it is the hub of an organization, which looks at other accounts than that of its stack. */
  readonly isHub: boolean;
  /** The name of the construct in metrics, events and the ledger. Undefined if another version wrote the template. */
  readonly name?: string;
  readonly stack: StackOfApp;
  /** The nested stacks that it is in, from the outermost to the innermost. Usually none. */
  readonly nestedStacks: readonly NestedStackOfApp[];
  /** The template that it is in. */
  readonly template: Template;
  /** The properties of the custom resource, with intrinsic functions. */
  readonly properties: Fields;
  /** The expression of its schedule, such as `rate(1 hour)`. Undefined if it cannot be told. */
  readonly scheduleExpression?: string;
  readonly scheduleTimezone?: string;
}

/** @throws UsageError when the app has no NetworkHygiene */
export function hygienesOf(stacks: readonly StackOfApp[]): HygieneOfApp[] {
  const hygienes = stacks.flatMap(stack => hygienesIn(stack, stack, []));
  if (hygienes.length > 0) return hygienes;
  const named = stacks.length === 0 ? 'It has no stacks' : `Its stacks are ${stacks.map(shownStack).join(', ')}`;
  throw new UsageError(
    `The app has no NetworkHygiene. ${named}. If one was added lately, run \`npx cdk synth\` again`,
  );
}

function hygienesIn(
  stack: StackOfApp, { template, constructPaths, nested }: StackTemplate, nestedStacks: readonly NestedStackOfApp[],
): HygieneOfApp[] {
  const own = [...template.resources].filter(([, { type }]) => TYPES.has(type))
    .map(([logicalId, { type, properties }]) => {
      const path = constructPaths.get(logicalId);
      const constructPath = path?.replace(/\/Sweep\/Default$/, '')
        ?? [stack.displayName, ...nestedStacks.map(each => each.logicalId), logicalId].join('/');
      return {
        logicalId, constructPath, isHub: type === ORGANIZATION_RESOURCE_TYPE, name: nameOf(properties), stack,
        nestedStacks, template, properties, ...scheduleOf(logicalId, properties, template),
      };
    });
  return [...own, ...nested.flatMap(each => hygienesIn(stack, each, [...nestedStacks, each]))];
}

const TYPES: ReadonlySet<string> = new Set([CUSTOM_RESOURCE_TYPE, ORGANIZATION_RESOURCE_TYPE]);

/**
 * Reads which accounts and Regions a hub looks at, all of which CDK knows at synthesis.
 *
 * @throws UsageError when another version wrote the template
 */
export function organizationOf({ constructPath, properties }: HygieneOfApp): OrganizationConfiguration {
  try {
    const configuration: unknown = JSON.parse(resolveText(properties[CONFIGURATION_PROPERTY]).text);
    const read = organization(new Reader('organization', fieldsOf(configuration).organization));
    if (read !== undefined) return read;
  } catch {
    // The text is not shown, because it may hold a pre-shared key.
  }
  throw new UsageError(
    `The configuration of ${constructPath} has no organization that this version can read. Use one version of `
    + 'cdk-network-hygiene for the app and for this command, and synthesize again',
  );
}

/**
 * Returns the name of the function of a hub that restores, with intrinsic functions. The function that sweeps knows it.
 *
 * @returns undefined if the hub has no such function
 */
export function restoreFunctionOf({ properties, template }: HygieneOfApp): unknown {
  const [, argument] = functionOf(properties.ServiceToken) ?? [];
  const sweeping = template.resources.get(textOf(listOf(argument)[0]) ?? '');
  return fieldsOf(fieldsOf(sweeping?.properties.Environment).Variables)[RESTORE_FUNCTION_VARIABLE];
}

/** Reads the name from the configuration. CDK knows it at synthesis, because policies and alarms contain it. */
function nameOf(properties: Fields): string | undefined {
  try {
    const { text, markers } = resolveText(properties[CONFIGURATION_PROPERTY]);
    const configuration: unknown = JSON.parse(text);
    const name = textOf(fieldsOf(configuration).hygiene);
    return name !== undefined && [...markers.keys()].some(each => name.includes(each)) ? undefined : name;
  } catch {
    return undefined;
  }
}

type Schedule = Pick<HygieneOfApp, 'scheduleExpression' | 'scheduleTimezone'>;

/**
 * Finds the schedule that invokes the function of the custom resource, or starts the state machine of a hub. If there
 * are several, it is the one that waits for the custom resource.
 */
function scheduleOf(logicalId: string, properties: Fields, template: Template): Schedule {
  const token = JSON.stringify(properties[STATE_MACHINE_PROPERTY] ?? properties.ServiceToken);
  const invoking = [...template.resources.values()].filter(({ type, properties: { Target } }) =>
    type === 'AWS::Scheduler::Schedule' && token !== undefined && JSON.stringify(fieldsOf(Target).Arn) === token);
  const waiting = invoking.filter(({ dependsOn }) => dependsOn.includes(logicalId));
  const [schedule, ...others]: TemplateResource[] = waiting.length > 0 ? waiting : invoking;
  if (schedule === undefined || others.length > 0) return {};
  const { ScheduleExpression, ScheduleExpressionTimezone } = schedule.properties;
  const [scheduleExpression, scheduleTimezone] = [ScheduleExpression, ScheduleExpressionTimezone].map(textOf);
  return { ...scheduleExpression !== undefined && { scheduleExpression, scheduleTimezone } };
}

/** The arguments that select constructs. An absent or empty one selects all. */
export interface Selection {
  /** Names of stacks. `*` stands for any characters. */
  readonly stack?: readonly string[];
  /** Paths of constructs, or ends of paths, or names of constructs in metrics. */
  readonly construct?: readonly string[];
}

/** @throws UsageError when an argument selects nothing; the message lists what there is */
export function select(hygienes: readonly HygieneOfApp[], { stack, construct }: Selection): HygieneOfApp[] {
  const ofStacks = matching('--stack', stack, hygienes, isInStack);
  const where = stack === undefined || stack.length === 0 ? 'The app' : `In ${stack.map(quoted).join(', ')}, the app`;
  return matching('--construct', construct, ofStacks, isNamed, where);
}

function matching(
  option: string, given: readonly string[] | undefined, hygienes: readonly HygieneOfApp[],
  matches: (hygiene: HygieneOfApp, text: string) => boolean, where = 'The app',
): HygieneOfApp[] {
  if (given === undefined || given.length === 0) return [...hygienes];
  const unmatched = given.find(text => !hygienes.some(each => matches(each, text)));
  if (unmatched !== undefined) {
    const names = option === '--stack'
      ? hygienes.flatMap(({ stack }) => [stack.displayName, stack.stackName])
      : hygienes.flatMap(({ constructPath }) => [constructPath, ...constructPath.split('/')]);
    // Only names that the option takes, such as `Prod/Network` for `Network`.
    const usable = [...new Set(names)].filter(name => hygienes.some(each => matches(each, name)));
    const meant = nearest(unmatched, usable) ?? usable.find(name => name.split('/').includes(unmatched));
    throw new UsageError(
      `${option} ${quoted(unmatched)} matches no NetworkHygiene. ${meant === undefined ? '' : `Did you mean ${meant}? `}`
        + `${where} has ${hygienes.map(shownHygiene).join(', ')}`,
    );
  }
  return hygienes.filter(each => given.some(text => matches(each, text)));
}

function isInStack({ stack }: HygieneOfApp, text: string): boolean {
  const pattern = new RegExp(`^${text.split('*').map(literally).join('[^]*')}$`);
  return [stack.stackName, stack.displayName, stack.artifactId].some(name => pattern.test(name));
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function isNamed({ constructPath, name }: HygieneOfApp, text: string): boolean {
  return text === name || text === constructPath || (text !== '' && constructPath.endsWith(`/${text}`));
}

function shownHygiene({ constructPath, stack }: HygieneOfApp): string {
  return `${constructPath} (stack ${stack.displayName}${isRenamed(stack) ? `, deployed as ${stack.stackName}` : ''})`;
}

function shownStack(stack: StackOfApp): string {
  return `${stack.displayName}${isRenamed(stack) ? ` (deployed as ${stack.stackName})` : ''}`;
}

const isRenamed = ({ stackName, displayName }: StackOfApp): boolean => stackName !== displayName;
