/**
 * Tests imports over the wire, with the client of the bundle and a double of Security Hub that checks each finding with
 * a schema.
 */
import * as fc from 'fast-check';
import { SecurityHubClient } from '../../../bundle/sdk';
import { securityHub } from '../../../lambda/aws/security-hub';
import type { FailedImport, SecurityFinding } from '../../../lambda/core/model/security-hub';
import type { SecurityHub } from '../../../lambda/core/ports';
import { trialFinding } from '../../../lambda/core/security-hub/finding';
import type { HubPlace } from '../../../src/contract/security-hub';
import type { Call, Parameters } from '../../support/ec2-endpoint';
import { clientOf, closing, connect, disconnect, type Wire } from '../../support/ec2-endpoint/over-the-wire';
import { ServiceError } from '../../support/endpoint/service-error';
import { MemoryClock } from '../../support/recorders';
import type { Hub } from '../../support/security-hub/hub';

afterEach(disconnect);

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-central-1' };
const LATER = new Date('2026-01-01T01:00:00Z');

interface Connected extends Wire {
  readonly clock: MemoryClock;
  readonly hub: Hub;
  readonly adapter: SecurityHub;
  readonly importing: (findings: readonly SecurityFinding[], until?: Date) => Promise<FailedImport[]>;
}

async function connected(maxAttempts?: number): Promise<Connected> {
  const wire = await connect();
  const client = closing(new SecurityHubClient(clientOf(wire.endpoint, maxAttempts)));
  const clock = new MemoryClock();
  const adapter = securityHub(client, PLACE, clock);
  return {
    ...wire, clock, adapter, hub: wire.endpoint.securityHub(),
    importing: (findings, until = LATER) => adapter.import(findings, until),
  };
}

const idOf = (number: number): string => `cdk-network-hygiene/App/Hygiene/sg-1/sgr-${number}`;

function finding(number: number, more: Partial<SecurityFinding> = {}): SecurityFinding {
  const trial = trialFinding({ hygiene: 'App/Hygiene', place: PLACE }, new Date('2026-01-01T00:00:00Z'));
  return { ...trial, Id: idOf(number), RecordState: 'ACTIVE', ...more };
}

const findings = (count: number): SecurityFinding[] => Array.from({ length: count }, (_, index) => finding(index));

const idsIn = ({ Findings }: Parameters): unknown[] => (Findings as Array<{ Id: string }>).map(({ Id }) => Id);
const sizes = ({ endpoint }: Wire): number[] => endpoint.calls.map(({ parameters }) => idsIn(parameters).length);
const stored = ({ hub }: Connected): string[] => [...hub.findings.keys()];

describe('findings', () => {
  test('are sent as they are in one call, which is signed for Security Hub in the Region', async () => {
    const wire = await connected();
    const both = [finding(1, { Title: 'Zürich & "日本" 🔥' }), finding(2, { RecordState: 'ARCHIVED' })];
    expect(await wire.importing(both)).toEqual([]);
    const [{ action, parameters, signer, outcome }, ...more] = wire.endpoint.calls;
    expect(more).toEqual([]);
    expect({ action, outcome, signer }).toEqual({
      action: 'BatchImportFindings', outcome: 'OK',
      signer: { accessKeyId: 'AKIDEXAMPLE', region: 'eu-central-1', service: 'securityhub' },
    });
    expect(parameters.Findings).toEqual(both);
    expect(wire.hub.calls).toEqual([both]);
    expect([...wire.hub.active.keys()]).toEqual([idOf(1)]);
  });

  test.each([
    [0, []], [1, [1]], [100, [100]], [101, [100, 1]], [250, [100, 100, 50]],
  ])('%d of them take calls of %j', async (count, calls) => {
    const wire = await connected();
    expect(await wire.importing(findings(count))).toEqual([]);
    expect(sizes(wire)).toEqual(calls);
    expect(stored(wire)).toEqual(findings(count).map(({ Id }) => Id));
    expect(wire.clock.slept).toEqual([]);
  });

  test('that are large take calls of less than 6 MB', async () => {
    const wire = await connected();
    // The double refuses a description of this length, as Security Hub does, but not before it has counted the bytes.
    const large = Array.from({ length: 60 }, (_, index) => finding(index, { Description: 'ü'.repeat(100_000) }));
    expect(await wire.importing(large)).toHaveLength(60);
    expect(sizes(wire)).toEqual([27, 27, 6]);
    expect(wire.endpoint.calls.map(({ outcome }) => outcome)).toEqual(['OK', 'OK', 'OK']);
  });

  test('of more than 240 KB are not sent, and are reported', async () => {
    const wire = await connected();
    const large = finding(1, { Description: 'ü'.repeat(120_000) });
    expect(await wire.importing([finding(0), large, finding(2)])).toEqual([{
      id: idOf(1), code: 'FindingTooLarge',
      message: expect.stringMatching(/^The finding has 24\d{4} bytes, more than the 235000 that are sent/) as string,
    }]);
    expect(stored(wire)).toEqual([idOf(0), idOf(2)]);
  });

  test('are sent at no more than ten calls a second after the first ten', async () => {
    const wire = await connected();
    await wire.importing(findings(1500));
    expect(wire.endpoint.calls).toHaveLength(15);
    expect(wire.clock.slept).toEqual(Array.from({ length: 5 }, () => 125));
  });

  test('that are left when time runs out are not sent, and are said to be left', async () => {
    const wire = await connected();
    const until = new Date(wire.clock.now().getTime() + 300);
    const failed = await wire.importing(findings(1500), until);
    expect(wire.endpoint.calls).toHaveLength(13);
    expect(failed).toHaveLength(200);
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['OutOfTime']));
    expect(failed.map(({ id }) => id)).toEqual(findings(1500).slice(1300).map(({ Id }) => Id));
  });
});

describe('a finding that Security Hub refuses', () => {
  test('is the only one that is not imported, and has the code and the message', async () => {
    const wire = await connected();
    wire.hub.refuses = ({ Id }) => Id === idOf(7) ? { code: 'InvalidInput', message: 'Finding does not adhere' } : undefined;
    expect(await wire.importing(findings(150)))
      .toEqual([{ id: idOf(7), code: 'InvalidInput', message: 'Finding does not adhere' }]);
    expect(sizes(wire)).toEqual([100, 50]);
    expect(stored(wire)).toHaveLength(149);
    expect(stored(wire)).not.toContain(idOf(7));
  });

  test.each([
    'InvalidInputException', 'ValidationException', 'SerializationException',
  ])('is searched for when the whole call is refused with %s', async code => {
    const wire = await connected();
    wire.endpoint.fault({
      action: 'BatchImportFindings', kind: 'error', code, message: 'One is bad', when: call => idsIn(call).includes(idOf(42)),
    });
    expect(await wire.importing(findings(150))).toEqual([{ id: idOf(42), code, message: 'One is bad' }]);
    expect(stored(wire)).toHaveLength(149);
    expect(wire.endpoint.calls.length).toBeLessThanOrEqual(2 + 14);
  });

  test('law: is searched for without end in no case, and each finding is imported or reported, once', async () => {
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.nat(299), { maxLength: 40 }), async bad => {
      const wire = await connected();
      const ids = new Set(bad.map(idOf));
      wire.endpoint.fault({
        action: 'BatchImportFindings', kind: 'error', code: 'InvalidInputException',
        when: call => idsIn(call).some(id => ids.has(String(id))),
      });
      const failed = (await wire.importing(findings(300))).map(({ id }) => id);
      expect(failed).toEqual(expect.arrayContaining([...ids]));
      expect([...failed, ...stored(wire)].sort()).toEqual(findings(300).map(({ Id }) => Id).sort());
      expect(wire.endpoint.calls.length).toBeLessThanOrEqual(3 + 50);
      await disconnect();
    }), { numRuns: 8 });
  });
});

describe('Security Hub that is off', () => {
  test.each([
    ['refuses the first call, and no other is made', 'off', 'InvalidAccessException', /not subscribed to AWS Security Hub/],
    ['refuses each finding of the first call, and no other is made', 'off for each finding', 'InvalidAccess', /not enabled/],
  ] as const)('%s', async (_, state, code, message) => {
    const wire = await connected();
    wire.hub.state = state;
    const failed = await wire.importing(findings(450));
    expect(failed.map(({ id }) => id)).toEqual(findings(450).map(({ Id }) => Id));
    expect(new Set(failed.map(each => each.code))).toEqual(new Set([code]));
    expect(failed[449].message).toMatch(message);
    expect(wire.endpoint.calls).toHaveLength(1);
    expect(stored(wire)).toEqual([]);
  });
});

describe('a call that fails', () => {
  test('because it is denied is the last one', async () => {
    const wire = await connected();
    wire.endpoint.deny('BatchImportFindings');
    const failed = await wire.importing(findings(450));
    expect(failed).toHaveLength(450);
    expect(failed[449]).toEqual({
      id: idOf(449), code: 'AccessDeniedException',
      message: 'User is not authorized to perform: securityhub:BatchImportFindings',
    });
    expect(wire.endpoint.calls).toHaveLength(1);
  });

  test('costs its own findings only', async () => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'BatchImportFindings', kind: 'error', when: call => idsIn(call).includes(idOf(100)) });
    const failed = await wire.importing(findings(300));
    expect(failed.map(({ id }) => id)).toEqual(findings(200).slice(100).map(({ Id }) => Id));
    expect(stored(wire)).toHaveLength(200);
  });

  test('after another one is the last one', async () => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'BatchImportFindings', kind: 'error' });
    expect(await wire.importing(findings(500))).toHaveLength(500);
    expect(wire.endpoint.calls).toHaveLength(2);
  });

  test('because it is throttled is repeated, and its findings are imported once', async () => {
    const wire = await connected(4);
    wire.endpoint.fault({ action: 'BatchImportFindings', kind: 'throttle', times: 2 });
    expect(await wire.importing(findings(3))).toEqual([]);
    expect(wire.endpoint.calls.map(({ outcome, attempt }: Call) => [outcome, attempt])).toEqual([
      ['TooManyRequestsException', 1], ['TooManyRequestsException', 2], ['OK', 3],
    ]);
    expect(wire.hub.calls).toHaveLength(1);
  });

  test('after its effect is repeated, which changes nothing', async () => {
    const wire = await connected(4);
    wire.endpoint.fault({
      action: 'BatchImportFindings', kind: 'error-after-effect', code: 'InternalException', status: 500, times: 1,
    });
    expect(await wire.importing(findings(3))).toEqual([]);
    expect(stored(wire)).toHaveLength(3);
  });
});

describe('an answer that does not say what was imported', () => {
  test.each<[string, object]>([
    ['has nothing', { FailedCount: undefined, SuccessCount: undefined, FailedFindings: undefined }],
    ['has too few successes', { SuccessCount: 1 }],
    ['has more failures than it lists', { SuccessCount: 1, FailedCount: 1 }],
    ['lists a failure without an id', { SuccessCount: 1, FailedCount: 1, FailedFindings: [{ ErrorCode: 'x' }] }],
    ['lists what is no failure', { SuccessCount: 1, FailedCount: 1, FailedFindings: [null] }],
    ['has another kind of list', { SuccessCount: 1, FailedCount: 1, FailedFindings: 'all' }],
  ])('because it %s is a failure of all findings of the call', async (_, more) => {
    const wire = await connected();
    wire.endpoint.distort('BatchImportFindings', answer => ({ ...answer, ...more }));
    const failed = await wire.importing(findings(2));
    expect(failed.map(({ id, code }) => [id, code])).toEqual([[idOf(0), 'UnexpectedAnswer'], [idOf(1), 'UnexpectedAnswer']]);
    expect(failed[0].message).toMatch(/^Security Hub answered 2 findings with .*; whether they were imported is unknown$/);
  });

  test('a failure without a code and a message is one all the same', async () => {
    const wire = await connected();
    wire.endpoint.distort('BatchImportFindings', () =>
      ({ SuccessCount: 1, FailedCount: 1, FailedFindings: [{ Id: idOf(1) }] }));
    expect(await wire.importing(findings(2)))
      .toEqual([{ id: idOf(1), code: 'Unknown', message: 'Security Hub did not say why' }]);
  });
});

describe('the endpoint', () => {
  test.each<[string, string, { useFipsEndpoint?: boolean; useDualstackEndpoint?: boolean }]>([
    ['eu-central-1', 'securityhub.eu-central-1.amazonaws.com', {}],
    ['us-east-1', 'securityhub-fips.us-east-1.amazonaws.com', { useFipsEndpoint: true }],
    ['eu-central-1', 'securityhub.eu-central-1.api.aws', { useDualstackEndpoint: true }],
    ['cn-north-1', 'securityhub.cn-north-1.amazonaws.com.cn', {}],
    ['us-gov-west-1', 'securityhub.us-gov-west-1.amazonaws.com', {}],
    ['eusc-de-east-1', 'securityhub.eusc-de-east-1.amazonaws.eu', {}],
  ])('in %s is %s', async (region, host, settings) => {
    const client = closing(new SecurityHubClient({ ...clientOf({ url: '' }), endpoint: undefined, region, ...settings }));
    let request: { hostname: string; path: string; method: string; headers: Record<string, string> } | undefined;
    client.middlewareStack.add(() => ({ request: sent }) => {
      request = sent as typeof request;
      throw new ServiceError('Stopped', 'The test has seen the request');
    }, { step: 'finalizeRequest', priority: 'low' });
    const place: HubPlace = { ...PLACE, region };
    const [failed] = await securityHub(client, place, new MemoryClock()).import([finding(1)], LATER);
    expect(failed.message).toBe('The test has seen the request');
    expect(request).toMatchObject({ hostname: host, path: '/findings/import', method: 'POST' });
    expect(request?.headers.authorization).toContain(`/${region}/securityhub/aws4_request`);
  });
});
