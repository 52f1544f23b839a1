/** Tests the evaluator with the examples of EventBridge's documentation. */
import { matches, type Pattern } from './event-pattern';

const INSTANCE = {
  'source': 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  'resources': ['arn:aws:ec2:us-west-1:123456789012:instance/i-12345678', 'arn:aws:ec2:us-west-1:123456789012:instance/i-2'],
  'detail': { 'state': 'running', 'c-count': 5, 'user': { name: 'x' }, 'nothing': null },
};

test.each<[string, Pattern, boolean]>([
  ['a value', { source: ['aws.ec2'] }, true],
  ['another value', { source: ['aws.s3'] }, false],
  ['a value in another case', { source: ['AWS.EC2'] }, false],
  ['one of several values', { detail: { state: ['stopped', 'running'] } }, true],
  ['two fields, one of which differs', { source: ['aws.ec2'], detail: { state: ['stopped'] } }, false],
  ['a member of a list', { resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-2'] }, true],
  ['a number', { detail: { 'c-count': [5] } }, true],
  ['a number as a text', { detail: { 'c-count': ['5'] } }, false],
  ['a field that exists', { detail: { 'c-count': [{ exists: true }] } }, true],
  ['a field that exists though it should not', { detail: { 'c-count': [{ exists: false }] } }, false],
  ['a field that is absent', { detail: { 'd-count': [{ exists: false }] } }, true],
  ['a field that is absent though it should exist', { detail: { 'd-count': [{ exists: true }] } }, false],
  ['a field whose parent is absent', { detail: { other: { name: [{ exists: false }] } } }, true],
  ['an object, which is no leaf', { detail: { user: [{ exists: true }] } }, false],
  ['null, which is a value', { detail: { nothing: [{ exists: true }] } }, true],
  ['anything but another text', { detail: { state: [{ 'anything-but': 'initializing' }] } }, true],
  ['anything but this text', { detail: { state: [{ 'anything-but': 'running' }] } }, false],
  ['anything but one of a list', { detail: { state: [{ 'anything-but': ['stopped', 'running'] }] } }, false],
  ['anything but a value, of an absent field', { detail: { 'd-count': [{ 'anything-but': 1 }] } }, false],
  ['one of two patterns', { source: ['aws.ec2'], detail: { $or: [{ 'c-count': [4] }, { state: ['running'] }] } }, true],
  ['neither of two patterns', { source: ['aws.ec2'], detail: { $or: [{ 'c-count': [4] }, { state: ['stopped'] }] } }, false],
  ['one of two patterns beside a field that differs', { $or: [{ source: ['aws.ec2'] }], resources: ['arn'] }, false],
])('%s', (_, pattern, isMatch) => {
  expect(matches(pattern, INSTANCE)).toBe(isMatch);
});

test('fails for an operator that it does not know', () => {
  expect(() => matches({ source: [{ suffix: 'ec2' }] }, INSTANCE)).toThrow('The operator suffix is not known here');
});
