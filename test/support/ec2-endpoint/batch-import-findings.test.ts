/** Tests Security Hub's BatchImportFindings, which has the same address as EC2. */
import { connect as connectEc2, clientOf, closing, disconnect, refusal } from './over-the-wire';
import { BatchImportFindingsCommand, SecurityHubClient } from '../../../bundle/sdk';
import type { SecurityFinding } from '../../../lambda/core/model/security-hub';
import { trialFinding } from '../../../lambda/core/security-hub/finding';

afterEach(disconnect);

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-central-1' };
const START = new Date('2026-01-01T00:00:00Z');
const later = (minutes: number): string => new Date(START.getTime() + minutes * 60_000).toISOString();

function aFinding(more: Partial<SecurityFinding> = {}): SecurityFinding {
  return { ...trialFinding({ hygiene: 'App', place: PLACE }, START), Id: 'a', RecordState: 'ACTIVE', ...more };
}

async function connect() {
  const { endpoint } = await connectEc2();
  const client = closing(new SecurityHubClient(clientOf(endpoint)));
  return {
    endpoint, hub: endpoint.securityHub(),
    send: (...findings: object[]) => client.send(new BatchImportFindingsCommand({ Findings: findings })),
  };
}

const code = (list: unknown): unknown[] => (list as Array<{ ErrorCode: string }>).map(({ ErrorCode }) => ErrorCode);

test('a finding is stored as new, with the severity of its provider', async () => {
  const { send, hub } = await connect();
  expect(await send(aFinding())).toMatchObject({ FailedCount: 0, SuccessCount: 1, FailedFindings: [] });
  expect(hub.findings.get('a')).toMatchObject({ Severity: { Label: 'INFORMATIONAL' }, Workflow: { Status: 'NEW' } });
});

test('a person decides about workflow and severity, and an update keeps both', async () => {
  const { send, hub } = await connect();
  await send(aFinding());
  hub.decide('a', { Workflow: { Status: 'SUPPRESSED' }, Severity: { Label: 'HIGH' } });
  await send(aFinding({ Title: 'Changed', RecordState: 'ARCHIVED', UpdatedAt: later(1) }));
  await send(aFinding({ Title: 'Changed', UpdatedAt: later(2) }));
  expect(hub.findings.get('a')).toMatchObject({
    Title: 'Changed', RecordState: 'ACTIVE', Severity: { Label: 'HIGH' }, Workflow: { Status: 'SUPPRESSED' },
  });
});

test('a finding that is active again is new again', async () => {
  const { send, hub } = await connect();
  await send(aFinding());
  hub.decide('a', { Workflow: { Status: 'RESOLVED' } });
  await send(aFinding({ UpdatedAt: later(1) }));
  expect(hub.findings.get('a')?.Workflow.Status).toBe('RESOLVED');
  await send(aFinding({ UpdatedAt: later(2), RecordState: 'ARCHIVED' }));
  await send(aFinding({ UpdatedAt: later(3) }));
  expect(hub.findings.get('a')?.Workflow.Status).toBe('NEW');
});

test.each([['as old as', 0], ['older than', -1]])('an update %s the finding changes nothing', async (_, minutes) => {
  const { send, hub } = await connect();
  await send(aFinding());
  expect(await send(aFinding({ Title: 'Changed', UpdatedAt: later(minutes) }))).toMatchObject({ SuccessCount: 1 });
  expect(hub.findings.get('a')?.Title).not.toBe('Changed');
});

test('an active finding is deleted after 90 days, and an archived one after 30', async () => {
  const { send, hub } = await connect();
  await send(aFinding(), aFinding({ Id: 'b', RecordState: 'ARCHIVED' }));
  hub.deleteOld(new Date(later(30 * 1440)));
  expect([...hub.findings.keys()]).toEqual(['a', 'b']);
  hub.deleteOld(new Date(later(30 * 1440 + 1)));
  expect([...hub.findings.keys()]).toEqual(['a']);
  hub.deleteOld(new Date(later(90 * 1440 + 1)));
  expect([...hub.findings.keys()]).toEqual([]);
});

test.each<[string, Partial<SecurityFinding>]>([
  ['without a title', { Title: '' }],
  ['with a field that the format does not have', { Unknown: 1 } as object],
  ['of another account', { AwsAccountId: '444455556666' }],
  ['of another product', { ProductArn: 'arn:aws:securityhub:eu-central-1::product/aws/guardduty' }],
  ['of another Region', { ProductArn: 'arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default' }],
  ['of more than 240 KB', { ProductFields: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a/${i}`, 'ü'.repeat(2500)])) }],
])('a finding %s fails alone', async (_, more) => {
  const { send, hub } = await connect();
  const { FailedCount, SuccessCount, FailedFindings } = await send(aFinding({ ...more, Id: 'bad' }), aFinding());
  expect([FailedCount, SuccessCount, code(FailedFindings)]).toEqual([1, 1, ['InvalidInput']]);
  expect([...hub.findings.keys()]).toEqual(['a']);
});

test.each<[string, object[]]>([
  ['no finding', []], ['101 findings', Array.from({ length: 101 }, (_, index) => aFinding({ Id: String(index) }))],
])('a call with %s is refused', async (_, findings) => {
  const { send, hub } = await connect();
  expect(await refusal(send(...findings))).toMatchObject({ code: 'InvalidInputException', status: 400 });
  expect(hub.calls).toEqual([]);
});

test('where Security Hub is off, a call is refused, or each of its findings', async () => {
  const { send, hub } = await connect();
  hub.state = 'off';
  expect(await refusal(send(aFinding()))).toMatchObject({
    code: 'InvalidAccessException', status: 401, message: 'Account 111122223333 is not subscribed to AWS Security Hub',
  });
  hub.state = 'off for each finding';
  const { FailedFindings } = await send(aFinding());
  expect(code(FailedFindings)).toEqual(['InvalidAccess']);
  expect(hub.findings.size).toBe(0);
});

test('a call can be denied and throttled', async () => {
  const { send, hub, endpoint } = await connect();
  endpoint.fault({ action: 'BatchImportFindings', kind: 'throttle', times: 1 });
  expect(await refusal(send(aFinding()))).toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  endpoint.deny('BatchImportFindings');
  expect(await refusal(send(aFinding()))).toMatchObject({ code: 'AccessDeniedException', status: 403 });
  expect(hub.calls).toEqual([]);
});

test.each([
  ['another path', 'POST', '/findings', 'securityhub'], ['another method', 'PUT', '/findings/import', 'securityhub'],
  ['the signature of another service', 'POST', '/findings/import', 'lambda'],
])('a call with %s is not served', async (_, method, path, service) => {
  const { endpoint, hub } = await connect();
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-central-1/${service}/aws4_request, Signature=x`;
  const body = JSON.stringify({ Findings: [aFinding()] });
  const response = await fetch(`${endpoint.url}${path}`, { method, headers: { authorization }, body });
  expect(response.status).toBe(400);
  expect(hub.calls).toEqual([]);
});
