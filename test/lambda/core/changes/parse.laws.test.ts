/** Laws about what is taken from a record, over mutations of the recorded shapes that keep or lose parts of them. */
import * as fc from 'fast-check';
import { type ParsedMessage, parseMessage } from '../../../../lambda/core/changes/parse';
import { CLOUDFORMATION, CONSOLE, TERRAFORM } from '../../../support/cloudtrail/callers';
import {
  authorizeEgress, authorizeIngress, type CloudTrailEvent, createGroup, deleteAttachment, deleteGroup, deletePeering,
  deleteTransitGateway, disassociate, modifyAttachment, modifyRules, modifyTransitGateway, revokeEgress, revokeIngress,
} from '../../../support/cloudtrail/records';
import { expectEqual } from '../../../support/expect-equal';

const GROUP = 'sg-0aaaaaaaaaaaaaaa1';
const SOURCE = 'sg-0bbbbbbbbbbbbbbb2';
const RULES = ['sgr-0ccccccccccccccc3', 'sgr-0ccccccccccccccc4', 'sgr-0ccccccccccccccc5'];
const PEERING = 'pcx-0ddddddddddddddd5';
const GATEWAY = 'tgw-0eeeeeeeeeeeeeee6';
const ATTACHMENT = 'tgw-attach-0eeeeeeeeeeeeeee7';
const VPC = 'vpc-0ffffffffffffff88';

const aRulesCall = fc.record({
  groupId: fc.constant(GROUP),
  ruleIds: fc.integer({ min: 1, max: 3 }).map(count => RULES.slice(0, count)),
  sourceGroupId: fc.constantFrom(undefined, SOURCE),
  form: fc.constantFrom('list' as const, 'flat' as const),
  byId: fc.boolean(),
  listsRules: fc.boolean(),
  namesGroup: fc.boolean(),
  caller: fc.constantFrom(CLOUDFORMATION, CONSOLE, TERRAFORM),
});

const aGroupEvent: fc.Arbitrary<CloudTrailEvent> = fc.oneof(
  ...[authorizeIngress, authorizeEgress, revokeIngress, revokeEgress, modifyRules].map(build => aRulesCall.map(build)),
  fc.constantFrom(createGroup({ groupId: GROUP }), deleteGroup({ groupId: GROUP })),
);

const aTopologyEvent = fc.constantFrom<Array<readonly [CloudTrailEvent, ...string[]]>>(
  [deletePeering({ peeringId: PEERING }), PEERING],
  [deleteTransitGateway({ transitGatewayId: GATEWAY }), GATEWAY],
  [modifyTransitGateway({ transitGatewayId: GATEWAY }), GATEWAY],
  [deleteAttachment({ attachmentId: ATTACHMENT }), ATTACHMENT],
  [modifyAttachment({ attachmentId: ATTACHMENT }), ATTACHMENT],
  [disassociate({ groupId: GROUP, vpcId: VPC }), GROUP, VPC],
);

/** Choices between what to do at each place of a value. When they are used up, every place stays as it is. */
const aTape = fc.array(fc.nat(11), { maxLength: 120 });

type Next = () => number;

function reader(tape: readonly number[]): Next {
  let position = 0;
  return () => tape[position++] ?? 0;
}

const isId = (value: unknown): boolean => typeof value === 'string' && /^(sgr?|pcx|tgw|tgw-attach|vpc)-0/.test(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inOtherCase = (key: string): string => {
  const first = key.charAt(0);
  return (first === first.toLowerCase() ? first.toUpperCase() : first.toLowerCase()) + key.slice(1);
};

/** Changes a value in ways that lose no id: wrappers, lists, order, case, and other scalars. */
function reshaped(value: unknown, next: Next): unknown {
  const choice = next();
  if (Array.isArray(value)) {
    const entries = value.map(each => reshaped(each, next));
    return choice === 1 && entries.length === 1 ? entries[0] : choice === 2 ? { item: entries } : entries;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, each]) =>
      [next() === 3 ? inOtherCase(key) : key, reshaped(each, next)] as const);
    const object = Object.fromEntries(choice === 4 ? entries.reverse() : entries);
    return choice === 5 ? [object] : choice === 6 ? { XmlRequest: object, xmlns: 'http' } : choice === 7 ? { ...object, tag: 1 } : object;
  }
  if (isId(value)) return choice === 8 ? { tag: 1, content: value } : choice === 9 ? [value] : value;
  return choice === 8 ? 7 : choice === 9 ? true : choice === 10 ? null : value;
}

/** Leaves parts out. */
function lossy(value: unknown, next: Next): unknown {
  if (Array.isArray(value)) return value.filter(() => next() !== 1).map(each => lossy(each, next));
  if (!isObject(value)) return next() === 2 ? null : value;
  const left = Object.entries(value).filter(() => next() !== 1);
  return Object.fromEntries(left.map(([key, each]) => [key, lossy(each, next)]));
}

const parse = (event: unknown): ParsedMessage =>
  parseMessage(JSON.stringify(event), { now: new Date('2026-01-01T00:00:30Z'), ownSessions: [':assumed-role/Own/own'] });

/** Returns an event with a mutated request and response. */
function mutated({ detail, ...event }: CloudTrailEvent, mutate: (value: unknown) => unknown): CloudTrailEvent {
  const { requestParameters, responseElements } = detail;
  return {
    ...event,
    detail: { ...detail, requestParameters: mutate(requestParameters), responseElements: mutate(responseElements) },
  };
}

const idsOf = (read: ParsedMessage): unknown => read.kind === 'change'
  ? { groupIds: read.change.groupIds, ruleIds: [...read.change.ruleIds].sort(), awaits: read.change.awaits }
  : read.kind;

/** Whether the id is a value of its own in the request or in the response. */
const holds = ({ detail }: CloudTrailEvent, id: string): boolean =>
  JSON.stringify([detail.requestParameters, detail.responseElements]).includes(`"${id}"`);

test('a record in another shape has the same ids', () => {
  fc.assert(fc.property(fc.oneof(aGroupEvent, aTopologyEvent.map(([event]) => event)), aTape, (event, tape) => {
    const next = reader(tape);
    expectEqual(idsOf(parse(mutated(event, value => reshaped(value, next)))), idsOf(parse(event)));
  }), { numRuns: 500 });
});

test('an id that is left in a record is taken, whatever else is missing; without any id, the event is unread', () => {
  fc.assert(fc.property(aGroupEvent, aTape, aTape, (event, losses, shapes) => {
    const [loss, shape] = [reader(losses), reader(shapes)];
    const part = mutated(event, value => reshaped(lossy(value, loss), shape));
    const ruleIds = RULES.filter(id => holds(part, id));
    const groupIds = [GROUP].filter(id => holds(part, id));
    const isRead = groupIds.length + ruleIds.length > 0;
    expectEqual(idsOf(parse(part)), isRead ? { groupIds, ruleIds, awaits: undefined } : 'unread');
  }), { numRuns: 500 });
});

test('the resource to wait for is taken if all its ids are left; the event is unread otherwise', () => {
  fc.assert(fc.property(aTopologyEvent, aTape, aTape, ([event, ...ids], losses, shapes) => {
    const [loss, shape] = [reader(losses), reader(shapes)];
    const part = mutated(event, value => reshaped(lossy(value, loss), shape));
    const expected = ids.every(id => holds(part, id)) ? idsOf(parse(event)) : 'unread';
    expectEqual(idsOf(parse(part)), expected);
  }), { numRuns: 300 });
});

test('neither a source nor any other value of a request shows, no matter which parts of the whole event are missing', () => {
  fc.assert(fc.property(aGroupEvent, aTape, aTape, (event, losses, shapes) => {
    const [loss, shape] = [reader(losses), reader(shapes)];
    const read = JSON.stringify(parse(reshaped(lossy(event, loss), shape)));
    for (const value of [SOURCE, 'secret', '0.0.0.0/0', '111122223333"', 'tcp']) expectEqual(read.includes(value), false);
  }), { numRuns: 500 });
});

test('any JSON and any text has a kind, and does not throw', () => {
  const anyBody = fc.oneof(fc.json(), fc.string(), fc.json().map(detail => `{"detail":${detail}}`),
    fc.json().map(value => `{"detail":{"eventName":"DeleteSecurityGroup","requestParameters":${value}}}`));
  fc.assert(fc.property(anyBody, body => {
    const read = parseMessage(body, { now: new Date(0), ownSessions: [''] });
    expectEqual(['unread', 'unusable', 'left-out'].includes(read.kind), true);
  }), { numRuns: 500 });
});
