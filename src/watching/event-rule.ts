import { Stack } from 'aws-cdk-lib';
import { IEventBus, OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import { Construct, IConstruct } from 'constructs';
import { EVENT_SOURCE, EventTypeName } from '../contract/names';
import { ToldRule } from '../function/first-sweep';
import { A_TEXT, doing, requireKinds } from '../validation/kinds';
import { areKnownToDiffer } from '../validation/references';

/** The part of a NetworkHygiene that an event rule needs. */
interface Teller extends Construct {
  readonly eventBus: IEventBus;
  /** The custom resource that runs the sweep at deployment. */
  readonly customResource: IConstruct;
  /** The name of the construct in events. */
  readonly hygieneName: string;
}

/** Creates a rule for one event type of one construct. CloudFormation creates it before the first sweep. */
export function eventRule(hygiene: Teller, id: string, detailType: EventTypeName, options: OnEventOptions = {}): Rule {
  const where = `${hygiene.node.path}: ${id}, a rule for "${detailType}"`;
  requireEventOptions(where, options);
  const scope = options.crossStackScope ?? hygiene;
  requireBusOf(hygiene, where, Stack.of(scope));
  const rule = new ToldRule(scope, id, {
    ruleName: options.ruleName,
    description: options.description,
    eventBus: hygiene.eventBus,
  });
  rule.addEventPattern(options.eventPattern);
  const detail = { hygiene: [hygiene.hygieneName] };
  rule.addEventPattern({ source: [EVENT_SOURCE], detailType: [detailType], detail });
  // The sweep at deployment finds the most, and sends each of its events only once.
  hygiene.customResource.node.addDependency(rule.resourcesIn(Stack.of(hygiene)));
  rule.addTarget(options.target);
  return rule;
}

/**
 * @throws when the stack is known to be in another account or Region than the event bus, because a rule must be beside
 * its bus
 */
function requireBusOf({ eventBus }: Teller, where: string, stack: Stack): void {
  const { account, region } = eventBus.env;
  if (!areKnownToDiffer(account, stack.account) && !areKnownToDiffer(region, stack.region)) return;
  throw new Error(
    `${where}: eventBus is in ${region} of the account ${account}, and a rule must be in the account and Region of its bus; give a crossStackScope in a stack there, or create a Rule in an app of that account`,
  );
}

function requireEventOptions(where: string, options: OnEventOptions): void {
  requireKinds(where, options, {
    target: doing('bind', 'an IRuleTarget, such as an SqsQueue of aws-events-targets'),
    eventPattern: {
      what: "an EventPattern, such as { detail: { status: ['DOWN'] } }",
      is: value => typeof value === 'object' && value !== null && !Array.isArray(value),
    },
    ruleName: A_TEXT,
    description: A_TEXT,
    crossStackScope: { what: 'a Construct', is: Construct.isConstruct },
  });
  const { source, detailType, detail } = options.eventPattern ?? {};
  const [own] =
    Object.entries({ 'source': source, 'detailType': detailType, 'detail.hygiene': detail?.hygiene }).find(
      ([, value]) => value !== undefined,
    ) ?? [];
  if (own !== undefined) {
    throw new Error(
      `${where}: eventPattern.${own}: leave it out, because the rule is for this event of this construct`,
    );
  }
}
