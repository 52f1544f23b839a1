/**
 * A world for the command line: the doubles of AWS with a network, and what each run of the command line asks them.
 *
 * Whatever a run is about, its output has no stack trace and nothing secret.
 */
import { type CliOptions, type CliResult, runCli } from './run-cli';
import { READS } from '../../../cli/aws/read-only';
import { DynamoDbEndpoint } from '../../support/dynamodb';
import { type Call as Ec2Call, Ec2Endpoint, type Ec2EndpointOptions, Network } from '../../support/ec2-endpoint';
import type { Call } from '../../support/endpoint';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';

/** The access key of the command line. The handler has another one. */
export const ACCESS_KEY_ID = 'ASIACOMMANDLINE00000';

/** The texts that no output may have. */
const SECRETS = {
  accessKeyId: ACCESS_KEY_ID,
  secretAccessKey: 'command/line+secret/access+key0000000000',
  sessionToken: 'session-token-of-the-command-line',
  externalId: 'external-id-of-the-command-line',
} as const;

export const EXTERNAL_ID = SECRETS.externalId;

/** The environment variables with the credentials and the Region. */
export const SIGNED_IN: Readonly<Record<string, string>> = {
  AWS_REGION: REGION, AWS_ACCESS_KEY_ID: SECRETS.accessKeyId, AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
  AWS_SESSION_TOKEN: SECRETS.sessionToken,
};

export interface CliRun extends CliResult {
  /** The calls of this run to DynamoDB. */
  readonly ledgerCalls: readonly Call[];
  /** The calls of this run to every other service. */
  readonly calls: readonly Ec2Call[];
  /** The names of the actions of both, without repetitions, in alphabetical order. */
  readonly actions: readonly string[];
}

const CALLS_OF_SESSIONS = ['AssumeRole', 'GetCallerIdentity'];

const MAY_READ: ReadonlySet<string> = new Set([...Object.values(READS).flat(), ...CALLS_OF_SESSIONS]);

export class CliWorld {
  public static async start(options: Partial<Ec2EndpointOptions> = {}): Promise<CliWorld> {
    const network = options.network ?? new Network();
    const [ec2, dynamoDb] = await Promise.all([Ec2Endpoint.start({ ...options, network }), DynamoDbEndpoint.start()]);
    const world = new CliWorld(network, ec2, dynamoDb);
    running.add(world);
    return world;
  }

  /**
   * Returns a world of doubles that the test stops by itself.
   *
   * @param networks the networks of further accounts and Regions
   */
  public static on(ec2: Ec2Endpoint, dynamoDb: DynamoDbEndpoint, networks: () => readonly Network[]): CliWorld {
    return new CliWorld(ec2.network, ec2, dynamoDb, networks);
  }

  /** Runs at the end, before the doubles stop. */
  public readonly atEnd: Array<() => Promise<void>> = [];

  private constructor(
    public readonly network: Network, public readonly ec2: Ec2Endpoint, public readonly dynamoDb: DynamoDbEndpoint,
    private readonly others: () => readonly Network[] = () => [],
  ) {}

  private get networks(): readonly Network[] {
    return [this.network, ...this.others()];
  }

  private snapshot(): unknown {
    return this.networks.map(network => network.snapshot());
  }

  /** Runs a command that may only read. @throws when it makes any other call, or changes the network */
  public async read(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
    const before = this.snapshot();
    const run = await this.run(args, options);
    expect(run.actions.filter(action => !MAY_READ.has(action))).toEqual([]);
    expect(this.snapshot()).toEqual(before);
    return run;
  }

  public async run(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
    const [seen, seenByLedger] = [this.ec2.calls.length, this.dynamoDb.calls.length];
    const env = {
      AWS_ENDPOINT_URL: this.ec2.url, AWS_ENDPOINT_URL_DYNAMODB: this.dynamoDb.url, ...SIGNED_IN, ...options.env,
    };
    const result = await runCli(args, { ...options, env });
    requireDiscreet(result, this.networks);
    const [calls, ledgerCalls] = [this.ec2.calls.slice(seen), this.dynamoDb.calls.slice(seenByLedger)];
    const actions = [...new Set([...calls, ...ledgerCalls].map(({ action }) => action))].sort();
    return { ...result, calls, ledgerCalls, actions };
  }

  public async stop(): Promise<void> {
    running.delete(this);
    for (const end of this.atEnd) await end();
    await Promise.all([this.ec2.stop(), this.dynamoDb.stop()]);
  }
}

function requireDiscreet({ stdout, stderr }: CliResult, networks: readonly Network[]): void {
  const printed = `${stdout}\n${stderr}`;
  const keys = networks.flatMap(({ vpnConnections }) => [...vpnConnections.values()])
    .map(({ preSharedKey }) => preSharedKey);
  for (const secret of [...Object.values(SECRETS), ...keys]) expect(printed).not.toContain(secret);
  expect(printed).not.toMatch(/^\s+at /m);
  // A text for people has no control characters. Colors are for terminals only.
  expect(printed).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/);
}

/** The environment of a caller without credentials. */
export const NOT_SIGNED_IN = {
  AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SESSION_TOKEN: undefined,
};

/** Every error that ends a command is one line that says what is wrong, and nothing else. */
export function expectRefused({ stdout, stderr, exitCode }: CliResult, said: RegExp, code = 3): void {
  expect(stderr).toMatch(said);
  expect(stderr.split('\n')).toEqual([expect.stringMatching(/^\S.+/) as string, '']);
  expect(stdout).toBe('');
  expect(exitCode).toBe(code);
}

const running = new Set<CliWorld>();

/** Stops every world that a test has started, whatever its result. */
export async function stopCliWorlds(): Promise<void> {
  await Promise.all([...running].map(world => world.stop()));
}
