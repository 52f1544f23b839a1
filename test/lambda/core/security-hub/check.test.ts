/** Tests what a deployment says about whether findings can be imported into Security Hub. */
import { attributes } from '../../../../lambda/core/report/attributes';
import { tellSecurityHub } from '../../../../lambda/core/security-hub/check';
import type { Configuration } from '../../../../src/contract/configuration';
import { aConfiguration, aDecodedConfiguration } from '../../../support/builders';
import { MemoryNetwork } from '../../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../../support/recorders';
import { violationsOfFinding } from '../../../support/security-hub/asff';
import { MemorySecurityHub } from '../../../support/security-hub/memory-security-hub';
import { Installation, type Ran, vpcs } from '../../../support/swept';

const CONFIGURATION = { staleRules: 'report', securityHub: true, vpnConnections: { kind: 'none' } } as const;

const anInstallation = (): Installation => new Installation(new MemoryNetwork(vpcs(1)));

const deploy = (installation: Installation, overrides: Partial<Configuration> = {}): Promise<Ran> =>
  installation.deploy(aConfiguration({ ...CONFIGURATION, ...overrides }));

const attribute = ({ delivered }: Ran): unknown => delivered && attributes(delivered).SecurityHub;
const said = ({ log }: Ran): string[] => log.ofEvent('SecurityHub').map(({ level, message }) => `${level} ${message}`);
const DENIED = { code: 'AccessDeniedException', message: 'denied by a service control policy' };

const denying = (installation: Installation): void => {
  installation.securityHub.hub.refuses = () => DENIED;
};

describe('a deployment', () => {
  test('imports one finding that is archived and informational, and nothing else before its sweep', async () => {
    const installation = anInstallation();
    const ran = await deploy(installation);
    expect(ran.error).toBeUndefined();
    const [trial, ...others] = installation.securityHub.imports;
    expect(trial).toMatchObject([{
      Id: expect.stringMatching(/^cdk-network-hygiene\/.*\/deployment$/) as string, RecordState: 'ARCHIVED',
      FindingProviderFields: { Severity: { Label: 'INFORMATIONAL' } },
    }]);
    expect(trial.flatMap(violationsOfFinding)).toEqual([]);
    expect(others.flat().map(({ RecordState, Id }) => [RecordState, Id.split('/').at(-1)]).sort())
      .toEqual([['ACTIVE', 'sgr-egress-1'], ['ACTIVE', 'sgr-stale-1']]);
    expect(attribute(ran)).toBe('Findings are imported into Security Hub');
    expect(said(ran)[0]).toBe('INFO Findings are imported into Security Hub');
  });

  test('imports the same finding each time', async () => {
    const installation = anInstallation();
    await deploy(installation);
    await deploy(installation, { settleSeconds: 60 });
    const trials = installation.securityHub.imports.flat().filter(({ Id }) => Id.endsWith('/deployment'));
    expect(trials).toHaveLength(2);
    expect(new Set(trials.map(({ Id }) => Id)).size).toBe(1);
  });

  test('imports nothing if findings are not to be imported', async () => {
    const installation = anInstallation();
    const ran = await deploy(installation, { securityHub: undefined });
    expect(installation.securityHub.imports).toEqual([]);
    expect(attribute(ran)).toBe('findings are not imported');
    expect(said(ran)).toEqual([]);
  });

  test('that is denied the import fails, names the action, and changes nothing', async () => {
    const installation = anInstallation();
    denying(installation);
    const { error, delivered } = await deploy(installation);
    expect(String(error)).toMatch(/Preflight: AWS refused securityhub:BatchImportFindings \(AccessDeniedException\): denied by a service control policy\. Allow it to the role of the function/);
    expect(delivered).toBeUndefined();
    expect(installation.ledger.configurationRecord).toBeUndefined();
    expect(installation.ledger.entries.size).toBe(0);
  });

  test.each(['off', 'off for each finding'] as const)('goes on where Security Hub is %s, and says what to do', async state => {
    const installation = anInstallation();
    installation.securityHub.hub.state = state;
    const ran = await deploy(installation);
    expect(ran.error).toBeUndefined();
    expect(installation.ledger.configurationRecord).toBeDefined();
    expect(attribute(ran)).toMatch(/^Security Hub is off in 111122223333 in eu-central-1 \(.+\)\. Enable AWS Security Hub CSPM there, and the next sweep imports the findings, or set securityHub to false\.$/);
    expect(said(ran)[0]).toBe(`WARN ${String(attribute(ran))}`);
  });

  test('goes on if the import fails in another way, and says how', async () => {
    const installation = anInstallation();
    installation.securityHub.hub.refuses = () => ({ code: 'InternalException', message: 'x'.repeat(5000) });
    const ran = await deploy(installation);
    expect(ran.error).toBeUndefined();
    expect(String(attribute(ran))).toMatch(/^InternalException: x{200}\. The next full sweep tries again\.$/);
  });
});

describe('the import of a new role', () => {
  test('is tried again while it is denied, until it is not', async () => {
    const [clock, log, securityHub] = [new MemoryClock(), new MemoryLog(), new MemorySecurityHub()];
    securityHub.hub.refuses = () => securityHub.imports.length < 3 ? DENIED : undefined;
    const until = new Date(clock.now().getTime() + 60_000);
    const words = await tellSecurityHub(aDecodedConfiguration(CONFIGURATION), {
      securityHub: () => securityHub, clock, log: log.log, preflightUntil: until, tellUntil: until,
    });
    expect(words).toBe('Findings are imported into Security Hub');
    expect(securityHub.imports).toHaveLength(3);
  });

  test('is not made if the account is unknown, and the words say so', async () => {
    const [clock, log] = [new MemoryClock(), new MemoryLog()];
    const words = await tellSecurityHub(aDecodedConfiguration(CONFIGURATION), {
      securityHub: () => undefined, clock, log: log.log, preflightUntil: clock.now(), tellUntil: clock.now(),
    });
    expect(words).toBe('It is unknown whether findings can be imported, because the function does not know its account');
  });
});
