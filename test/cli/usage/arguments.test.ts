/** Tests how the arguments of the command line are read, how wrong ones are refused, and the help. */
import * as fc from 'fast-check';
import { helpText, parseArguments, type Parsed, UsageError } from '../../../cli/usage/arguments';
import {
  COMMAND_NAMES, type CommandName, COMMANDS, OPTION_NAMES, type OptionName, OPTIONS,
} from '../../../cli/usage/commands';
import { pauseRequest, restoreRequest, retryRequest } from '../../../lambda/core/invocation/requests';

const NOW = new Date('2026-01-01T00:00:00Z');
const parse = (...argv: string[]): Parsed => parseArguments(argv, NOW);

const EVERYWHERE = {
  profile: undefined, regions: [], roleArn: undefined, externalId: undefined, account: undefined, format: 'table',
  output: undefined, color: true,
};
const CDK_OUT = { kind: 'app', folder: 'cdk.out', stacks: [], constructs: [] };
const REPORT = { flags: [], flagFiles: [], vpcIds: [], stale: false, vpn: false };
const ROLE = 'arn:aws:iam::111122223333:role/path/Auditor';

function refused(...argv: string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error(`Nothing was refused: ${argv.join(' ')}`);
}

describe('each command', () => {
  test.each<[string, string[], object]>([
    ['plan alone reads cdk.out', ['plan'], {
      command: 'plan', folder: 'cdk.out', stacks: [], constructs: [], ledger: true,
    }],
    ['plan with everything', [
      'plan', 'app.out', '--stack', 'A', '--stack=B', '--construct', 'A/Hygiene', '--no-ledger',
    ], { command: 'plan', folder: 'app.out', stacks: ['A', 'B'], constructs: ['A/Hygiene'], ledger: false }],
    ['report alone', ['report'], { command: 'report', ...REPORT }],
    ['report by an app', ['report', '--app', 'x', '--stack', 'A', '--construct', 'A/B'], {
      command: 'report', ...REPORT, app: { folder: 'x', stacks: ['A'], constructs: ['A/B'] },
    }],
    ['report by a construct of the default app', ['report', '--construct', 'A/B'], {
      command: 'report', ...REPORT, app: { folder: 'cdk.out', stacks: [], constructs: ['A/B'] },
    }],
    ['report with everything', [
      'report', '--flag', 'ssh', '--flag', 'rdp:any', '--flag-file', 'a.txt', '--flag-file', 'b.json',
      '--vpc', 'vpc-1', '--vpc', 'vpc-2', '--stale', '--vpn',
    ], {
      command: 'report', flags: ['ssh', 'rdp:any'], flagFiles: ['a.txt', 'b.json'], vpcIds: ['vpc-1', 'vpc-2'],
      stale: true, vpn: true,
    }],
    ['explain by the app, which may be absent', ['explain', 'sgr-1', 'sgr-2'], {
      command: 'explain', securityGroupRuleIds: ['sgr-1', 'sgr-2'], declared: { ...CDK_OUT, folder: undefined, ledger: true },
    }],
    ['explain by an app', ['explain', 'sgr-1', '--app', 'x', '--stack', 'A', '--construct', 'A/B', '--no-ledger'], {
      command: 'explain', securityGroupRuleIds: ['sgr-1'],
      declared: { kind: 'app', folder: 'x', stacks: ['A'], constructs: ['A/B'], ledger: false },
    }],
    ['explain by flags', ['explain', 'sgr-1', '--flag', 'ssh', '--flag-file', 'a'], {
      command: 'explain', securityGroupRuleIds: ['sgr-1'],
      declared: { kind: 'flags', flags: ['ssh'], flagFiles: ['a'] },
    }],
    ['status', ['status'], { command: 'status', target: CDK_OUT }],
    ['status of an app', ['status', '--app', 'x', '--stack', 'A', '--construct', 'A/B'], {
      command: 'status', target: { kind: 'app', folder: 'x', stacks: ['A'], constructs: ['A/B'] },
    }],
    ['status of a function', ['status', '--function-name', 'Hygiene-1:live'], {
      command: 'status', target: { kind: 'function', functionName: 'Hygiene-1:live' },
    }],
    ['restore by ids', ['restore', 'sgr-1', 'sgr-2', 'sgr-1'], {
      command: 'restore', target: CDK_OUT, request: { securityGroupRuleIds: ['sgr-1', 'sgr-2'] },
    }],
    ['restore by sweep', ['restore', '--sweep', 'abc-1'], {
      command: 'restore', target: CDK_OUT, request: { sweepId: 'abc-1' },
    }],
    ['pause until', ['pause', '--until', '2026-01-02T01:00:00+01:00', '--reason', 'a freeze'], {
      command: 'pause', target: CDK_OUT, until: '2026-01-02T00:00:00.000Z', reason: 'a freeze',
    }],
    ['pause for hours', ['pause', '--for', '2h', '--reason', 'x'], {
      command: 'pause', target: CDK_OUT, until: '2026-01-01T02:00:00.000Z', reason: 'x',
    }],
    ['pause for days', ['pause', '--for', '3d', '--reason', 'x'], {
      command: 'pause', target: CDK_OUT, until: '2026-01-04T00:00:00.000Z', reason: 'x',
    }],
    ['pause for minutes', ['pause', '--for', '30m', '--reason', 'x'], {
      command: 'pause', target: CDK_OUT, until: '2026-01-01T00:30:00.000Z', reason: 'x',
    }],
    ['resume', ['resume'], { command: 'resume', target: CDK_OUT }],
    [
      'approve', ['approve', 'sgr-1', 'sgr-2', '--digest', '0123456789abcdef', '--approved-by', 'Jo'], {
        command: 'approve', target: CDK_OUT,
        request: { securityGroupRuleIds: ['sgr-1', 'sgr-2'], digest: '0123456789abcdef', approvedBy: 'Jo' },
      },
    ],
    [
      'approve', ['approve', '--sweep', 'run-1', '--digest', '0123456789abcdef'],
      { command: 'approve', target: CDK_OUT, request: { sweepId: 'run-1', digest: '0123456789abcdef' } },
    ],
    ['retry', ['retry', 'sgr-1'], { command: 'retry', target: CDK_OUT, securityGroupRuleIds: ['sgr-1'] }],
    ['policy alone', ['policy'], { command: 'policy', folder: undefined, stacks: [], constructs: [], ...REPORT }],
    ['policy of an app and a report', ['policy', 'x', '--flag', 'ssh', '--stale'], {
      command: 'policy', folder: 'x', stacks: [], constructs: [], ...REPORT, flags: ['ssh'], stale: true,
    }],
  ])('%s', (_name, argv, expected) => {
    expect(parse(...argv)).toEqual({ ...EVERYWHERE, ...expected });
  });

  test('takes the options that every command has, before and after its name', () => {
    const options = [
      '--profile', 'audit', '--region=eu-west-1', '--region', 'us-gov-west-1', '--region', 'eu-west-1',
      '--role-arn', ROLE, '--external-id', 'a:b/c-1', '--account', '111122223333', '--format', 'json',
      '--output', 'out.json', '--no-color',
    ];
    const expected = {
      profile: 'audit', regions: ['eu-west-1', 'us-gov-west-1'], roleArn: ROLE, externalId: 'a:b/c-1',
      account: '111122223333', format: 'json', output: 'out.json', color: false,
    };
    for (const argv of [
      ['plan'], ['report'], ['explain', 'sgr-1'], ['status'], ['restore', 'sgr-1'],
      ['pause', '--for', '1h', '--reason', 'x'], ['resume'], ['retry', 'sgr-1'],
      ['approve', 'sgr-1', '--digest', '0123456789abcdef'], ['policy'],
    ]) {
      // A request goes to one Region, which may be given twice.
      const isRequest = ['restore', 'pause', 'resume', 'retry', 'approve'].includes(argv[0]);
      const given = isRequest ? options.map(each => each === 'us-gov-west-1' ? 'eu-west-1' : each) : options;
      expect(parse(...argv, ...given)).toMatchObject({ ...expected, ...isRequest && { regions: ['eu-west-1'] } });
      expect(parse(...given, ...argv)).toEqual(parse(...argv, ...given));
    }
  });
});

test.each([
  'eu-west-1', 'ap-southeast-5', 'us-gov-east-1', 'us-isob-east-1', 'eusc-de-east-1', 'mx-central-1', 'cn-north-1',
])('%s is a Region', name => {
  expect(parse('report', '--region', name)).toMatchObject({ regions: [name] });
});

test('a value may begin with a dash after an equals sign, and a folder after two dashes', () => {
  expect(parse('pause', '--reason=-x', '--for', '1h')).toMatchObject({ reason: '-x' });
  expect(parse('plan', '--', '-h')).toMatchObject({ command: 'plan', folder: '-h' });
});

/** The lines of a help. A shell takes a line that ends with a backslash and the next one as one. */
const examplesOf = (help: string): string[] => help.replaceAll(/ \\\n +/g, ' ').split('\n');

describe('help', () => {
  test.each<[string[], object]>([
    [['-h'], { command: 'help' }],
    [['--help'], { command: 'help' }],
    [['help'], { command: 'help' }],
    [['help', 'help'], { command: 'help' }],
    [['help', 'report'], { command: 'help', topic: 'report' }],
    [['report', '-h'], { command: 'help', topic: 'report' }],
    [['-h', 'report'], { command: 'help', topic: 'report' }],
    [['help', 'report', '--help'], { command: 'help', topic: 'report' }],
    [['explain', 'sg-wrong', '--flag', 'tpc:22', '--regoin', '-h'], { command: 'help', topic: 'explain' }],
    [['report', '--region', '-h'], { command: 'help', topic: 'report' }],
    [['reprot', '-h'], { command: 'help' }],
    [['--externalid', 'secret', 'report', '-h'], { command: 'help', topic: 'report' }],
  ])('is asked for by %j', (argv, expected) => {
    expect(parse(...argv)).toEqual(expected);
  });

  test('fails for an unknown command, for two, and with options', () => {
    expect(refused('help', 'reprot')).toContain('The command "reprot" is not known. Did you mean report?');
    expect(refused('help', 'plan', 'report')).toBe('"report": help takes one command. Leave the others out');
    expect(refused('help', '--stale')).toBe('--stale: help takes no options. Leave it out');
    expect(() => helpText('reprot')).toThrow(UsageError);
  });

  test.each([undefined, ...COMMAND_NAMES])('of %s fits 80 columns and ends with examples', command => {
    const lines = helpText(command).split('\n');
    expect(lines.filter(line => line.length > 80)).toEqual([]);
    expect(lines.filter(line => / $|undefined|\t/.test(line))).toEqual([]);
    expect(lines.pop()).toBe('');
    const [exitCodes, examples] = ['Exit codes:', 'Examples:'].map(title => lines.indexOf(title));
    const codes = lines.slice(exitCodes + 1, exitCodes + 5).map(line => line.slice(0, 5));
    // A policy finds nothing.
    if (command === 'policy') expect(exitCodes).toBe(-1);
    else expect(codes).toEqual(['  0  ', '  1  ', '  2  ', '  3  ']);
    expect(examples).toBeGreaterThan(exitCodes);
    expect(examplesOf(lines.slice(examples + 1).join('\n')).every(line => line.startsWith('  npx cdk-network-hygiene '))).toBe(true);
    expect(lines.length).toBeGreaterThan(examples + 1);
  });

  test.each(COMMAND_NAMES)('of %s names its options and no others', command => {
    const text = helpText(command);
    const named = [...text.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name).sort();
    expect(named).toEqual(OPTION_NAMES.filter(name => OPTIONS[name].commands.includes(command)).sort());
    expect(text).toContain(`${COMMANDS[command].formats.slice(0, -1).join(', ')} or `);
    expect(/^Flags:$/m.test(text)).toBe(named.includes('flag'));
  });

  test.each(['restore', 'retry', 'status'] as const)('of %s says whose account is given at a hub', command => {
    const text = helpText(command).replaceAll(/\s+/g, ' ');
    expect(text).toContain('--account <id> At a hub: the account of the rules (the credentials are of the account of the hub). Otherwise: fail');
    expect(text.includes('--region <region> The Region; at a hub, that of the rules --')).toBe(command !== 'status');
    if (command !== 'retry') expect(examplesOf(helpText(command)).join('\n')).toMatch(/ --account 555566667777 --region eu-/);
  });

  test('of a report names no folder that is read without the option', () => {
    const app = (command: string): string => /--app <folder>.*/.exec(helpText(command))?.[0] ?? '';
    expect([app('report').includes('default'), app('explain').includes('(default: cdk.out)')]).toEqual([false, true]);
    expect(refused('report', '--app')).toBe('--app has no value. Give --app <folder>');
  });

  test('of the program names every command', () => {
    for (const name of COMMAND_NAMES) expect(helpText()).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
    expect(helpText('help')).toBe(helpText());
  });

  test('has examples that are accepted', () => {
    const examples = [undefined, ...COMMAND_NAMES]
      .flatMap(command => examplesOf(helpText(command)))
      .flatMap(line => /^ {2}npx cdk-network-hygiene (.+)$/.exec(line)?.[1].replaceAll(/<\w+>/g, 'name') ?? []);
    expect(examples.length).toBeGreaterThan(20);
    for (const line of examples) {
      const argv = [...line.matchAll(/"([^"]+)"|(\S+)/g)].map(([, inQuotes, word]) => inQuotes ?? word);
      expect(parseArguments(argv, new Date('2026-12-20T00:00:00Z'))).toMatchObject({ command: argv[0] });
    }
  });
});

test('the version is asked for by itself', () => {
  expect(parse('--version')).toEqual({ command: 'version' });
  expect(refused('report', '--version')).toContain('--version is given with other arguments.');
  expect(refused('--version', '--stale')).toContain('--version is given with other arguments.');
});

describe('fails with the argument, what is wrong and what to do:', () => {
  test.each<[string[], string | RegExp]>([
    [[], 'No command is given. Give one of plan, report, explain, status, restore, pause, resume, retry, approve, policy.'],
    [['--stale'], 'No command is given.'],
    [['reprot'], 'The command "reprot" is not known. Did you mean report? Give one of plan,'],
    [['PLAN'], 'Did you mean plan?'],
    [['constructor'], /^The command "constructor" is not known\. Give one of/],
    [['xyz'], /^The command "xyz" is not known\. Give one of/],
    [['report', '--regoin', 'eu-west-1'], '--regoin is not known. Did you mean --region?'],
    [['report', '--flagfile=x'], '--flagfile is not known. Did you mean --flag-file?'],
    [['status', '--function', 'x'], '--function is not known. Did you mean --function-name?'],
    [['report', '--color'], '--color is not known.'],
    [['report', '--constructor'], '--constructor is not known. Did you mean --construct?'],
    [['report', '--__proto__', 'x'], '--__proto__ is not known.'],
    [['report', '-region', 'x'], '-region has one dash. Did you mean --region?'],
    [['report', '-x'], '-x is not known. Options begin with two dashes.'],
    [
      ['restore', 'sgr-1', '--region', 'eu-west-1', '--region', 'us-east-1'],
      'restore works in one Region at a time. Give --region once, not eu-west-1 and us-east-1',
    ],
    [['explain', 'sgr-zzz'], '"sgr-zzz": it is not the id of a security group rule. Give one such as sgr-0123456789abcdef0'],
    [['report', '--region'], '--region has no value. Give --region <region>'],
    [['report', '--region', '--stale'], '--region has no value, because the next argument begins with a dash. Give'],
    [['report', '--region', '-1'], 'or --region=<region> if the value begins with a dash'],
    [['report', '--stale=yes'], '--stale takes no value.'],
    [['report', '--region', ''], '--region is empty. Give --region <region>, or leave it out'],
    [['report', '--region=', 'x'], '--region is empty.'],
    [['report', '--flag', ' '], '--flag is empty.'],
    [['plan', ''], 'An argument is empty.'],
    [['report', '--profile', 'a', '--profile', 'a'], '--profile is given 2 times. Give it once'],
    [['report', '--region', 'eu-west-1a'], '"eu-west-1a": it is an Availability Zone. Give its Region, eu-west-1'],
    [['report', '--region', 'eu-west-1,us-east-1'], 'Give --region once for each Region'],
    [['report', '--region', 'Ireland'], '--region "Ireland": it is not the name of a Region. Give one such as'],
    [['report', '--account', '1111-2222'], '--account "1111-2222": it is not an account id. Give its 12 digits'],
    [['report', '--role-arn', 'Auditor'], '--role-arn "Auditor": it is not the ARN of a role.'],
    [['report', '--role-arn', 'arn:aws:iam::111122223333:user/ann'], 'it is not the ARN of a role.'],
    [['report', '--vpc', 'vpc_1'], '--vpc "vpc_1": it is not the id of a VPC. Give one such as vpc-0123456789abcdef0'],
    [['report', '--vpc', 'sg-1'], '--vpc "sg-1": it is the id of a security group, not the id of a VPC.'],
    [['report', '--flag', 'tpc:22'], '--flag "tpc:22": the protocol is not known.'],
    [['report', '--format', 'markdwon'], 'report does not have this format. Did you mean markdown? Give one of'],
    [['status', '--format', 'csv'], '--format "csv": status does not have this format. Give one of table, json'],
    [['report', 'cdk.out'], '"cdk.out": report takes nothing but options. Give a folder as --app <folder>'],
    [['report', '--app', 'x', '--flag', 'ssh'], '--app is given with --flag. Leave out one of the two'],
    [['report', '--stack', 'A', '--flag-file', 'a'], '--stack is given with --flag-file. Leave out one of the two'],
    [['report', '--construct', 'A/B', '--vpc', 'vpc-1'], '--construct is given with --vpc. Leave out one of the two'],
    [['report', '--app', 'x', '--stale'], '--app is given with --stale. Leave out one of the two'],
    [['report', '--app', 'x', '--vpn'], '--app is given with --vpn. Leave out one of the two'],
    [['explain', 'sgr-1', '--flag', 'ssh', '--no-ledger'], '--flag is given with --no-ledger. Leave out one of the two'],
    [['status', 'cdk.out'], '"cdk.out": status takes nothing but options. Give a folder as --app <folder>'],
    [['plan', 'a', 'b'], '"b": plan takes one folder, and "a" is given already'],
    [['policy', 'a', 'b'], '"b": policy takes one folder'],
    [['plan', '--vpc', 'vpc-1'], '--vpc is an option of report and policy, not of plan.'],
    [['report', '--sweep', 'x'], '--sweep is an option of restore and approve, not of report.'],
    [['resume', '--flag', 'ssh'], '--flag is an option of report, explain and policy, not of resume.'],
    [['explain'], 'explain needs the id of at least one rule, such as sgr-0123456789abcdef0'],
    [['explain', 'sg-1'], '"sg-1": it is the id of a security group, not the id of a security group rule.'],
    [['explain', 'sgr-1', 'sgr_2'], '"sgr_2": it is not the id of a security group rule.'],
    [['explain', 'sgr-1', '--flag', 'ssh', '--app', 'x'], '--flag is given with --app. Leave out one of the two'],
    [['explain', 'sgr-1', '--flag-file', 'x', '--stack', 'A'], '--flag-file is given with --stack.'],
    [['explain', 'sgr-1', '--flag', 'tpc:22'], '--flag "tpc:22": the protocol is not known.'],
    [['retry'], 'retry needs the id of at least one rule'],
    [['approve', '--digest', '0123456789abcdef'], 'approve needs to know what to approve. Give ids of rules (sgr-...), or --sweep <id>'],
    [['approve', 'sgr-1', '--sweep', 'run-1', '--digest', '0123456789abcdef'], '--sweep is given with "sgr-1"'],
    [
      ['approve', 'sgr-1'],
      'approve needs the digest of what you have looked at. `status` shows it for rules, and the event Approval Requested for a sweep. Give --digest <digest>',
    ],
    [['approve', 'sgr-1', '--digest', 'all'], 'it is not a digest'],
    [['approve', 'sgr-1', '--digest', '0123456789abcdef', '--approved-by', ''], 'approved-by'],
    [
      ['approve', 'sgr-1', '--digest', '0123456789abcdef', '--approved-by', 'a\u202eb'],
      'is not a text of 1 to 255 characters without control characters',
    ],
    [['retry', 'sgr-1', '--digest', '0123456789abcdef'], '--digest is an option of approve, not of retry'],
    [['restore'], 'restore needs to know what to put back. Give ids of rules (sgr-...), or --sweep <id>'],
    [['restore', 'sgr-1', '--sweep', 'x'], '--sweep is given with "sgr-1". Give either a sweep or ids of rules'],
    [['restore', '--sweep', 'a b'], '--sweep "a b": it is not the id of a sweep.'],
    [['status', '--function-name', 'f', '--app', 'x'], '--function-name is given with --app.'],
    [['status', '--function-name', 'f', '--construct', 'x'], '--function-name is given with --construct.'],
    [['status', '--function-name', 'a b'], '--function-name "a b": it is not the name or the ARN of a function.'],
    [['pause', '--for', '2h'], 'pause needs a reason. Give --reason <text>'],
    [['pause', '--reason', 'x'], 'pause needs an end. Give --until <time> or --for <duration>'],
    [['pause', '--reason', 'x', '--for', '2h', '--until', 'x'], '--until is given with --for.'],
    [['pause', '--reason', 'x', '--for', '2w'], '--for "2w" is not a duration. Give minutes, hours or days,'],
    [['pause', '--reason', 'x', '--for', '0h'], '--for "0h" is not in the future'],
    [['pause', '--reason', 'x', '--for', '31d'], '--for "31d" is more than 30 days ahead; pause for less,'],
    [['pause', '--reason', 'x', '--for', '99999d'], '--for "99999d" is more than 30 days ahead'],
    [['pause', '--reason', 'x', '--until', '2026-01-02'], '--until "2026-01-02" is not a date and time of ISO 8601'],
    [['pause', '--reason', 'x', '--until', '2025-12-31T00:00Z'], '--until "2025-12-31T00:00Z" is not in the future'],
    [['pause', '--reason', 'x'.repeat(256), '--for', '2h'], /^--reason "x+…" is not a text of 1 to 255 characters/],
  ])('%j', (argv, wrong) => {
    const message = refused(...argv);
    if (typeof wrong === 'string') expect(message).toContain(wrong);
    else expect(message).toMatch(wrong);
    expect(message).not.toMatch(/Malformed|securityGroupRuleIds|undefined/);
  });

  test('more rules than one request may name', () => {
    const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `sgr-${index}`);
    expect(refused('restore', ...ids(1001)))
      .toBe('restore takes at most 1000 rules, and 1001 are given. Give some of them');
    expect(() => restoreRequest({ restore: { securityGroupRuleIds: ids(1001) } })).toThrow('at most 1000');
    expect(parse('retry', ...ids(1000))).toMatchObject({ securityGroupRuleIds: ids(1000) });
    expect(retryRequest({ retry: { securityGroupRuleIds: ids(1000) } })).toEqual({ securityGroupRuleIds: ids(1000) });
  });
});

describe('the external ID', () => {
  const SECRET = 'Zq9-secret';

  test('needs a role', () => {
    expect(refused('report', '--external-id', SECRET)).toBe(
      '--external-id needs a role. Give --role-arn <arn>, or leave it out',
    );
  });

  test.each([
    [['--external-id', SECRET, '--stale=1']],
    [['--external-id', SECRET]],
    [['--external-id', `${SECRET} with spaces`, '--role-arn', ROLE]],
    [[`--external-id=${SECRET}`, '--external-id', SECRET, '--role-arn', ROLE]],
    [['--external-id', `-${SECRET}`]],
    [['--external-id', `--${SECRET}`]],
    [['--externalid', SECRET]],
    [[`--externalid=${SECRET}`]],
    [['-external-id', SECRET]],
    [[`-external-id=${SECRET}`]],
    [['--external-id=', SECRET]],
    [[`--external-id${SECRET}`]],
    [['--role-arn', `--external-id=${SECRET}`]],
    [['--external-id', SECRET, '--role-arn', ROLE, '--bogus']],
    [['--external-id', SECRET, '--role-arn', ROLE, '--format', 'xml']],
    [['--external-id', SECRET, '--role-arn', ROLE, 'extra']],
  ])('is not shown in the error for %j', options => {
    expect(refused('report', ...options)).not.toContain('Zq9');
    expect(refused(...options, 'report')).not.toContain('Zq9');
  });
});

/** A good value for each option that has one. */
const GOOD: Readonly<Partial<Record<OptionName, string>>> = {
  'region': 'eu-west-1', 'role-arn': ROLE, 'external-id': 'secret', 'account': '111122223333', 'format': 'json',
  'vpc': 'vpc-1', 'flag': 'ssh', 'for': '2h', 'until': '2026-01-02T00:00:00Z',
  'digest': '0123456789abcdef',
};
const TAKEN: Readonly<Record<NonNullable<(typeof COMMANDS)[CommandName]['takes']>, string[]>> = {
  folder: ['app.out'], rules: ['sgr-1'], rulesIfAny: ['sgr-1'],
};

test('each command accepts each of its options, and refuses those of others', () => {
  for (const command of COMMAND_NAMES) {
    for (const name of OPTION_NAMES) {
      const { value, commands } = OPTIONS[name];
      const { takes } = COMMANDS[command];
      const argv = [
        command, ...takes === undefined || name === 'sweep' ? [] : TAKEN[takes],
        ...value === undefined ? [`--${name}`] : [`--${name}`, GOOD[name] ?? 'name'],
        ...name === 'external-id' ? ['--role-arn', ROLE] : [],
        ...command === 'approve' && name !== 'digest' ? ['--digest', '0123456789abcdef'] : [],
        ...command === 'pause' && name !== 'reason' ? ['--reason', 'x'] : [],
        ...command === 'pause' && name !== 'for' && name !== 'until' ? ['--for', '2h'] : [],
      ];
      if (commands.includes(command)) {
        expect(parse(...argv)).toMatchObject({ command: name === 'help' ? 'help' : command });
      } else if (name !== 'version') {
        expect(refused(...argv)).toContain(`--${name} is an option of`);
      }
    }
  }
});

test('whatever is asked of the function is accepted by the function', () => {
  const id = fc.oneof({ weight: 4, arbitrary: fc.stringMatching(/^sgr-[0-9a-zA-Z]{0,33}$/) }, fc.string());
  const ids = fc.array(id, { minLength: 1, maxLength: 3 });
  const counts = { accepted: 0, refused: 0 };
  const argv = fc.oneof(
    ids.map(each => ['restore', '--', ...each]), ids.map(each => ['retry', '--', ...each]),
    fc.string({ unit: fc.constantFrom('a', '-', '_', ' ', 'é') }).map(sweep => ['restore', `--sweep=${sweep}`]),
    fc.tuple(fc.integer({ min: 0, max: 800 }), fc.constantFrom('m', 'h', 'd', 's'), fc.string())
      .map(([count, unit, reason]) => ['pause', '--for', `${count}${unit}`, `--reason=${reason}`]),
    fc.date({ min: new Date('2025-12-01'), max: new Date('2026-03-01'), noInvalidDate: true }).map(until =>
      ['pause', '--until', until.toISOString(), '--reason', 'x']),
  );
  fc.assert(fc.property(argv, given => {
    let parsed: Parsed;
    try {
      parsed = parse(...given);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      counts.refused += 1;
      return;
    }
    counts.accepted += 1;
    switch (parsed.command) {
      case 'restore': return void expect(restoreRequest({ restore: parsed.request })).toEqual(parsed.request);
      case 'retry': {
        const { securityGroupRuleIds } = parsed;
        return void expect(retryRequest({ retry: { securityGroupRuleIds } })).toEqual({ securityGroupRuleIds });
      }
      case 'pause': {
        const { until, reason } = parsed;
        return void expect(pauseRequest({ pause: { until, reason } }, NOW)).toEqual({ until, reason });
      }
      default: throw new Error(`Not asked for: ${parsed.command}`);
    }
  }), { numRuns: 1000 });
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(100);
});

test('any arguments are read, or refused with a message of one line', () => {
  const word = fc.oneof(
    fc.constantFrom<string>(...COMMAND_NAMES, 'help'), fc.constantFrom(...OPTION_NAMES).map(name => `--${name}`),
    fc.constantFrom('--', '-', '-h', '--region=', 'sgr-1', 'vpc-1', 'ssh', '2h'), fc.string({ unit: 'binary' }),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), given => {
    const before = [...given];
    try {
      parse(...given);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    }
    expect(given).toEqual(before);
  }), { numRuns: 2000 });
});
