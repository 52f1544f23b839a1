/** Tests that the simulator works as the proofs assume, and that nothing in the package imports it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IamRequest, Role, type Statement } from './simulator';

const GROUP = 'arn:aws:ec2:eu-central-1:111122223333:security-group/sg-1';
const BUS = 'arn:aws:events:eu-central-1:111122223333:event-bus/default';
const roleWith = (...statements: Statement[]): Role => new Role('arn:aws:iam::111122223333:role/sweeper', statements);

const revoke = { Action: 'ec2:RevokeSecurityGroupIngress', Resource: GROUP } as const;
const put = { Effect: 'Allow', Action: 'events:PutEvents', Resource: BUS } as const;
const sources = (...values: string[]): IamRequest => (
  { action: 'events:PutEvents', resource: BUS, context: values.length > 0 ? { 'events:source': values } : {} });

const tagged = (key: string): IamRequest => (
  { action: revoke.Action, resource: GROUP, context: { [`aws:ResourceTag/${key}`]: '' } });

test.each(['Pinned', 'pinned', 'PINNED'])('the tag %s is the one that a condition names in another case', async key => {
  const isPinned = { Null: { 'aws:ResourceTag/Pinned': 'false' } };
  const role = roleWith({ Effect: 'Allow', ...revoke }, { Effect: 'Deny', ...revoke, Condition: isPinned });
  expect(await role.decide(tagged(key))).toBe('ExplicitlyDenied');
  expect(await role.decide(tagged(`${key}2`))).toBe('Allowed');
});

test('all conditions of one statement have to hold', async () => {
  const both = { Null: { 'aws:ResourceTag/A': 'false', 'aws:ResourceTag/B': 'false' } };
  const role = roleWith({ Effect: 'Allow', ...revoke }, { Effect: 'Deny', ...revoke, Condition: both });
  expect(await role.decide(tagged('A'))).toBe('Allowed');
});

test('ForAllValues is true for an empty list', async () => {
  const role = roleWith({ ...put, Condition: { 'ForAllValues:StringEquals': { 'events:source': 'mine' } } });
  expect(await role.decide(sources())).toBe('Allowed');
  expect(await role.decide(sources('mine'))).toBe('Allowed');
  expect(await role.decide(sources('mine', 'other'))).toBe('ImplicitlyDenied');
});

test('a list-valued key is nothing to an operator without a set', async () => {
  const role = roleWith({ ...put, Condition: { StringEquals: { 'events:source': 'mine' } } });
  expect(await role.decide(sources('mine'))).toBe('ImplicitlyDenied');
});

test.each([
  ['an action', { action: 'ec2:RevokeSecurityGroupIngres', resource: GROUP, context: {} }],
  ['a resource', { action: 'events:PutEvents', resource: GROUP, context: {} }],
  ['a key', { action: 'events:PutEvents', resource: BUS, context: { 'dynamodb:LeadingKeys': ['x'] } }],
])('a request with a nonexistent %s is refused', async (_, request) => {
  await expect(roleWith(put).decide(request)).rejects.toThrow(request.action);
});

test('nothing of the package imports it', () => {
  const root = join(__dirname, '..', '..');
  const files = ['src', 'lambda'].flatMap(folder => (
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(file => join(root, folder, file))));
  const code = files.filter(file => file.endsWith('.ts'));
  expect(code.length).toBeGreaterThan(50);
  expect(code.filter(file => readFileSync(file, 'utf8').includes('cloud-copilot'))).toEqual([]);
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { devDependencies, ...others } = JSON.parse(text) as Record<string, object>;
  expect(Object.keys(devDependencies)).toContain('@cloud-copilot/iam-simulate');
  expect(JSON.stringify(others)).not.toContain('cloud-copilot');
});
