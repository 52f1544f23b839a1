/** Looks up the values of a template in what is deployed, and in the other stacks of the app. */
import type { NestedStackOfApp, StackOfApp, StackTemplate } from './assembly';
import { fieldsOf, own } from './json';
import { type Lookups, resolve, type Resolved, unknownOf, valueOf } from './tokens';

/** A stack in the account. */
export type DeployedStack =
  | {
    readonly kind: 'there';
    readonly stackId: string;
    /** The physical ids by the logical ids. A resource that was deleted, or is not created yet, is not in it. */
    readonly resources: ReadonlyMap<string, string>;
    /** The values of the parameters. For a parameter of Systems Manager, this is the resolved value. */
    readonly parameters: ReadonlyMap<string, string>;
  }
  | { readonly kind: 'notThere' }
  | { readonly kind: 'unread'; readonly why: string };

/** The stacks and exports of an account and a Region. */
export interface Deployment {
  readonly account: string;
  readonly region: string;
  /** Returns a stack by its name, or a nested one by its id. */
  readonly stack: (nameOrId: string) => DeployedStack;
  /** The values of all exports by their names. Absent: they could not be read. */
  readonly exports?: ReadonlyMap<string, string>;
}

/** Where a template is in an app. */
export interface PlaceOfTemplate {
  readonly stack: StackOfApp;
  readonly nestedStacks: readonly NestedStackOfApp[];
}

/**
 * Returns the lookups for a template of an app.
 *
 * @param stacks all stacks of the app, because a stack may import what another one is yet to export
 */
export function lookupsFor(place: PlaceOfTemplate, stacks: readonly StackOfApp[], deployment: Deployment): Lookups {
  const app = { stacks, deployment, once: onceAtATime() };
  return place.nestedStacks.reduce<LookupsAt>(
    (above, nested) => ofNestedStack(app, nested, above), ofStack(app, place.stack),
  );
}

interface AppDeployed {
  readonly stacks: readonly StackOfApp[];
  readonly deployment: Deployment;
  /** Evaluates a value unless it is being evaluated already, because templates may refer to each other in a circle. */
  readonly once: (what: string, evaluate: () => Resolved) => Resolved;
}

function onceAtATime(): AppDeployed['once'] {
  const active = new Set<string>();
  return (what, evaluate) => {
    if (active.has(what)) return unknownOf(what, 'it depends on itself');
    active.add(what);
    try {
      return evaluate();
    } finally {
      active.delete(what);
    }
  };
}

function ofStack(app: AppDeployed, stack: StackOfApp): LookupsAt {
  const deployed = (): DeployedStack => app.deployment.stack(stack.stackName);
  return ofTemplate(app, { ...stack, place: stack.stackName, deployed }, name => {
    const found = deployed();
    // The deployed value would outlast the default.
    if (found.kind === 'unread') return unknownOf(`the parameter ${name}`, found.why);
    const value = found.kind === 'there' ? found.parameters.get(name) : undefined;
    return value === undefined ? undefined : valueOf(value);
  });
}

function ofNestedStack(app: AppDeployed, nested: NestedStackOfApp, above: LookupsAt): LookupsAt {
  const deployed = (): DeployedStack => {
    const stackId = above.physicalId(nested.logicalId);
    if (stackId !== undefined) return app.deployment.stack(stackId);
    const why = above.unread;
    return why === undefined ? { kind: 'notThere' } : { kind: 'unread', why };
  };
  const place = `${above.place}/${nested.logicalId}`;
  return ofTemplate(app, { ...nested, place, deployed }, name => {
    const passed = own(nested.parameters, name);
    if (passed === undefined) return undefined;
    return app.once(`the parameter ${name} of ${place}`, () => resolve(passed, above));
  });
}

interface LookupsAt extends Lookups {
  /** The name of the stack, and the logical ids of the nested stacks in it down to this one. */
  readonly place: string;
}

interface TemplateAt extends StackTemplate {
  readonly place: string;
  /** Undefined for a nested stack, of which CloudFormation chooses the name. */
  readonly stackName?: string;
  readonly deployed: () => DeployedStack;
}

function ofTemplate(
  app: AppDeployed, { template, constructPaths, nested, place, stackName, deployed }: TemplateAt,
  parameter: Lookups['parameter'],
): LookupsAt {
  const lookups: LookupsAt = {
    place,
    template,
    parameter,
    physicalId: logicalId => {
      const stack = deployed();
      return stack.kind === 'there' ? stack.resources.get(logicalId) : undefined;
    },
    get unread() {
      const stack = deployed();
      return stack.kind === 'unread' ? stack.why : undefined;
    },
    pseudo: name => pseudoParameter(name, app.deployment, stackName, deployed),
    exported: name => app.once(`the export ${name}`, () => exportNamed(name, app)),
    output: (logicalId, name) => app.once(`the output ${name} of ${place}/${logicalId}`, () => {
      const stack = nested.find(each => each.logicalId === logicalId);
      const output = stack?.template.outputs.get(name);
      return stack && output
        ? resolve(output.Value, ofNestedStack(app, stack, lookups))
        : unknownOf(`the output ${name} of ${logicalId}`, 'its template is not part of the app');
    }),
    constructPath: logicalId => constructPaths.get(logicalId),
  };
  return lookups;
}

function exportNamed(name: string, { stacks, deployment, once }: AppDeployed): Resolved {
  const value = deployment.exports?.get(name);
  if (value !== undefined) return valueOf(value);
  const what = `the export ${name}`;
  const { account, region } = deployment;
  for (const stack of stacks) {
    if ((stack.account ?? account) !== account || (stack.region ?? region) !== region) continue;
    const lookups = ofStack({ stacks, deployment, once }, stack);
    for (const output of stack.template.outputs.values()) {
      const exported = fieldsOf(output.Export).Name;
      const given = exported === undefined ? undefined : resolve(exported, lookups);
      if (given?.kind === 'value' && given.value === name) return resolve(output.Value, lookups);
    }
  }
  return unknownOf(what, deployment.exports === undefined
    ? 'the exports could not be read' : 'no stack of the account and Region exports it');
}

function pseudoParameter(
  name: string, { account, region }: Deployment, stackName: string | undefined, deployed: () => DeployedStack,
): Resolved {
  const partition = partitionOf(region);
  switch (name) {
    case 'AWS::AccountId': return valueOf(account);
    case 'AWS::Region': return valueOf(region);
    case 'AWS::Partition': return valueOf(partition.name);
    case 'AWS::URLSuffix': return valueOf(partition.suffix);
    case 'AWS::NotificationARNs': return unknownOf(name, 'it is given at deployment');
    default:
  }
  if (name === 'AWS::StackName' && stackName !== undefined) return valueOf(stackName);
  if (name !== 'AWS::StackName' && name !== 'AWS::StackId') return unknownOf(name, 'there is no such pseudo parameter');
  const stack = deployed();
  if (stack.kind === 'there') {
    const { stackId } = stack;
    return valueOf(name === 'AWS::StackId' ? stackId : /:stack\/([^/]+)/.exec(stackId)?.[1] ?? stackId);
  }
  return unknownOf(name, stack.kind === 'unread' ? stack.why : 'the stack is not yet deployed');
}

interface Partition {
  readonly name: string;
  readonly suffix: string;
}

/** The partitions by the beginnings of the names of their Regions. */
const PARTITIONS: ReadonlyArray<readonly [prefix: string, partition: Partition]> = [
  ['cn-', { name: 'aws-cn', suffix: 'amazonaws.com.cn' }],
  ['us-gov-', { name: 'aws-us-gov', suffix: 'amazonaws.com' }],
  ['us-iso-', { name: 'aws-iso', suffix: 'c2s.ic.gov' }],
  ['us-isob-', { name: 'aws-iso-b', suffix: 'sc2s.sgov.gov' }],
  ['eu-isoe-', { name: 'aws-iso-e', suffix: 'cloud.adc-e.uk' }],
  ['us-isof-', { name: 'aws-iso-f', suffix: 'csp.hci.ic.gov' }],
  ['eusc-', { name: 'aws-eusc', suffix: 'amazonaws.eu' }],
];

function partitionOf(region: string): Partition {
  const [, partition] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return partition ?? { name: 'aws', suffix: 'amazonaws.com' };
}

/**
 * Does work that asks for deployed stacks, and reads exactly those stacks.
 *
 * The work is repeated until it asks for no other stack, so it must have no effects.
 *
 * @throws what the work throws once every stack that it asked for is read
 */
export async function withDeployedStacks<T>(
  work: (stack: Deployment['stack']) => T, read: (nameOrId: string) => Promise<DeployedStack>,
): Promise<T> {
  const known = new Map<string, DeployedStack>();
  for (;;) {
    const asked = new Set<string>();
    const stack = (nameOrId: string): DeployedStack => {
      const found = known.get(nameOrId);
      if (found === undefined) asked.add(nameOrId);
      return found ?? { kind: 'unread', why: 'the deployed stack was not read' };
    };
    let done: () => T;
    try {
      const result = work(stack);
      done = () => result;
    } catch (error) {
      done = () => {
        throw error;
      };
    }
    if (asked.size === 0) return done();
    await Promise.all([...asked].map(async each => known.set(each, await read(each))));
  }
}
