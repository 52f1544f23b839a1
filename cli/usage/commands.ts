/**
 * The commands and options of the command line. Parsing and help are derived from these tables.
 */
import {
  account, type Check, digest, externalId, functionName, region, roleArn, sweepId, vpcId,
} from './values';
import type { Format } from '../render/document';

export const PROGRAM = 'cdk-network-hygiene';

/** The folder that the CDK CLI synthesizes to. */
export const DEFAULT_FOLDER = 'cdk.out';

/** The commands that call or read a deployed function. */
export type DeployedCommandName = 'status' | 'restore' | 'pause' | 'resume' | 'retry' | 'approve';

export type CommandName = 'plan' | 'report' | 'explain' | 'policy' | DeployedCommandName;

/** The formats of the commands that have no findings. */
export type PlainFormat = Extract<Format, 'table' | 'json'>;

export interface Command<F extends Format = Format> {
  /** One line about the command. */
  readonly summary: string;
  /** Sentences below the summary. */
  readonly details: string;
  /** The arguments of the command besides options. Absent: none. */
  readonly takes?: 'folder' | 'rules' | 'rulesIfAny';
  readonly formats: readonly F[];
  /** Whether it asks the deployed function for something. Otherwise, it finds something. */
  readonly isRequest?: true;
  /** Arguments behind the name of the program. */
  readonly examples: readonly string[];
}

const EVERY_FORMAT: readonly Format[] = ['table', 'json', 'csv', 'html', 'markdown'];
const PLAIN_FORMATS: readonly PlainFormat[] = ['table', 'json'];

const AT_A_HUB = 'The hub of an organization needs the account and the Region of the rules, with the credentials of its own '
  + 'account.';

type Commands =
  & Record<Exclude<CommandName, DeployedCommandName>, Command>
  & Record<DeployedCommandName, Command<PlainFormat>>;

export const COMMANDS: Readonly<Commands> = {
  plan: {
    summary: 'Shows what the first sweep of an app would find, revoke and keep.',
    details:
      'Reads the configuration from the folder of a synthesized app, and the rules with your own credentials. '
      + 'A stack without an env needs --account, and so does the hub of an organization, which is planned in that account. '
      + 'Nothing is changed.',
    takes: 'folder',
    formats: EVERY_FORMAT,
    examples: [
      'plan', 'plan cdk.out --stack Network', 'plan --account 111122223333',
      'plan --account 555566667777 --profile workloads --no-ledger', 'plan --format markdown --output plan.md',
    ],
  },
  report: {
    summary: 'Reports the rules that flags describe, stale rules and VPN connections.',
    details:
      'Needs no app and no deployment. With --app, --stack or --construct, the constructs of an app say what to look for. '
      + 'Nothing is changed.',
    formats: EVERY_FORMAT,
    examples: [
      'report --flag ssh --flag rdp --region eu-west-1',
      'report --stale --region eu-west-1 --region us-east-1',
      'report --flag-file flags.txt --format csv --output a',
      'report --app cdk.out --account 111122223333',
    ],
  },
  explain: {
    summary: 'Explains why rules are flagged, stale or kept.',
    details:
      `Compares the rules with an app, or with flags instead. Without either, it reads ${DEFAULT_FOLDER} if that `
      + 'is there. Nothing is changed.',
    takes: 'rules',
    formats: EVERY_FORMAT,
    examples: ['explain sgr-0123456789abcdef0', 'explain sgr-0123456789abcdef0 --flag ssh'],
  },
  status: {
    summary: 'Shows the state of a deployed construct.',
    details: `${AT_A_HUB} Nothing is changed.`,
    formats: PLAIN_FORMATS,
    examples: [
      'status', 'status --function-name <name> --format json', 'status --account 555566667777 --region eu-west-1',
    ],
  },
  restore: {
    summary: 'Puts revoked rules back.',
    details: `Give the ids of rules, or the id of a sweep to put back everything that it revoked. ${AT_A_HUB}`,
    takes: 'rulesIfAny',
    formats: PLAIN_FORMATS,
    isRequest: true,
    examples: [
      'restore sgr-0123456789abcdef0', 'restore --sweep <id>',
      'restore sgr-0123456789abcdef0 --account 555566667777 --region eu-central-1',
    ],
  },
  pause: {
    summary: 'Stops revoking until a given time.',
    details:
      'Findings are still reported. Give a reason, and either the end or the duration. At the hub of an organization, a '
      + 'pause is for all accounts.',
    formats: PLAIN_FORMATS,
    isRequest: true,
    examples: [
      'pause --for 2h --reason "incident 4711"',
      'pause --until 2026-12-24T09:00Z --reason "freeze"',
    ],
  },
  resume: {
    summary: 'Ends a pause.',
    details: 'The next sweep may revoke again.',
    formats: PLAIN_FORMATS,
    isRequest: true,
    examples: ['resume'],
  },
  retry: {
    summary: 'Lets rules be revoked again that are kept because they come back.',
    details:
      'Give the ids of the rules that are in the groups now. Their count starts over, and the next sweep revokes them '
      + `unless something else keeps them. ${AT_A_HUB}`,
    takes: 'rules',
    formats: PLAIN_FORMATS,
    isRequest: true,
    examples: ['retry sgr-0123456789abcdef0'],
  },
  approve: {
    summary: 'Approves revocations that wait for a person.',
    details:
      'Give the ids of rules with the digest that status shows, or the id of a sweep with the digest in its event '
      + `Approval Requested. An approval lifts no other reason to keep a rule. ${AT_A_HUB}`,
    takes: 'rulesIfAny',
    formats: PLAIN_FORMATS,
    isRequest: true,
    examples: [
      'approve sgr-0123456789abcdef0 --digest 0123456789abcdef --approved-by "Jo, change 4711"',
      'approve --sweep <id> --digest 0123456789abcdef',
    ],
  },
  policy: {
    summary: 'Prints the IAM policy that the credentials need.',
    details: 'Give the folder of an app, or the options of a report, or both.',
    takes: 'folder',
    formats: PLAIN_FORMATS,
    examples: ['policy', 'policy cdk.out', 'policy --flag ssh --stale'],
  },
};

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

export interface Option {
  /** The placeholder of the value. Absent: the option has no value. */
  readonly value?: string;
  /** One line of help. */
  readonly help: string | ((command?: CommandName) => string);
  readonly commands: readonly CommandName[];
  readonly isRepeatable?: true;
  /** Whether messages must not show the value. */
  readonly isSecret?: true;
  readonly check?: Check;
  readonly short?: string;
}

const DEPLOYED: readonly CommandName[] = ['status', 'restore', 'pause', 'resume', 'retry', 'approve'];
const REPORTING: readonly CommandName[] = ['report', 'policy'];
const FLAGGING: readonly CommandName[] = ['report', 'explain', 'policy'];
const OF_APP: readonly CommandName[] = ['report', 'explain', ...DEPLOYED];
/** The commands that name the place of the rules to a hub. */
const OF_PLACE: readonly CommandName[] = ['status', 'restore', 'retry', 'approve'];
const SELECTING: readonly CommandName[] = ['plan', 'policy', ...OF_APP];

/** Whether a command asks a function for something. Such a command takes one Region. */
export const isRequest = (command: CommandName | undefined): boolean =>
  command !== undefined && COMMANDS[command].isRequest === true;

const isOfPlace = (command: CommandName | undefined): boolean => command !== undefined && OF_PLACE.includes(command);

/** British English has no comma before the last item. */
const listed = (items: readonly string[]): string => new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(items);

/** Those that all commands have come last. */
const TABLE = {
  'stack': {
    value: 'name', commands: SELECTING, isRepeatable: true,
    help: 'Only this stack, by its name or path; * stands for any characters',
  },
  'construct': {
    value: 'path', commands: SELECTING, isRepeatable: true,
    help: 'Only the construct with this path, such as Net/Hygiene, or this end of it',
  },
  'no-ledger': { commands: ['plan', 'explain'], help: 'Do not read the ledger of the deployed construct' },
  'app': {
    value: 'folder', commands: OF_APP,
    // A report needs no app, so without the option it reads none.
    help: command => `The folder of the synthesized app${command === 'report' ? '' : ` (default: ${DEFAULT_FOLDER})`}`,
  },
  'function-name': {
    value: 'name', commands: DEPLOYED, check: functionName, help: 'The name or ARN of the function, instead of an app',
  },
  'flag': { value: 'flag', commands: FLAGGING, isRepeatable: true, help: 'Traffic to look for; see Flags below' },
  'flag-file': { value: 'file', commands: FLAGGING, isRepeatable: true, help: 'A file with flags; see Flags below' },
  'vpc': { value: 'id', commands: REPORTING, isRepeatable: true, check: vpcId, help: 'Only groups of this VPC' },
  'stale': { commands: REPORTING, help: 'Report stale rules' },
  'vpn': { commands: REPORTING, help: 'Report VPN connections' },
  'sweep': {
    value: 'id', commands: ['restore', 'approve'], check: sweepId,
    help: command => command === 'approve' ? 'Approve the rules of the event of this sweep that has the digest'
      : command === 'restore' ? 'Put back everything that this sweep revoked' : 'Everything that this sweep revoked or asked for',
  },
  'digest': { value: 'digest', commands: ['approve'], check: digest, help: 'The digest of what you have looked at' },
  'approved-by': {
    value: 'name', commands: ['approve'], help: 'A name to record, in 1 to 255 characters; nothing verifies it',
  },
  'until': {
    value: 'time', commands: ['pause'], help: 'The end, in ISO 8601 with a time zone; at most 30 days ahead',
  },
  'for': { value: 'duration', commands: ['pause'], help: 'The duration, such as 30m, 2h or 3d, instead of --until' },
  'reason': { value: 'text', commands: ['pause'], help: 'The reason, in 1 to 255 characters' },
  'profile': { value: 'name', commands: COMMAND_NAMES, help: 'A profile of the AWS configuration files' },
  'region': {
    value: 'region', commands: COMMAND_NAMES, isRepeatable: true, check: region,
    help: command => isRequest(command) ? `The Region${isOfPlace(command) ? '; at a hub, that of the rules' : ''}`
      : 'A Region to look at',
  },
  'role-arn': { value: 'arn', commands: COMMAND_NAMES, check: roleArn, help: 'A role to assume' },
  'external-id': {
    value: 'id', commands: COMMAND_NAMES, check: externalId, isSecret: true, help: 'The external ID for --role-arn',
  },
  'account': {
    value: 'id', commands: COMMAND_NAMES, check: account,
    help: command => isOfPlace(command)
      ? 'At a hub: the account of the rules (the credentials are of the account of the hub). Otherwise: fail if the '
        + 'credentials are of another account'
      : 'The account that is meant; fail if the credentials are of another one',
  },
  'format': {
    value: 'format', commands: COMMAND_NAMES,
    help: command => `${listed(command ? COMMANDS[command].formats : EVERY_FORMAT)} (default: table)`,
  },
  'output': { value: 'file', commands: COMMAND_NAMES, help: 'Write to this file instead of standard output' },
  'no-color': { commands: COMMAND_NAMES, help: 'Write without colors' },
  'help': { commands: COMMAND_NAMES, short: 'h', help: 'Show this help' },
  'version': { commands: [], help: 'Show the version' },
} satisfies Record<string, Option>;

export type OptionName = keyof typeof TABLE;

export const OPTIONS: Readonly<Record<OptionName, Option>> = TABLE;

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** Whether every command has an option. */
export const isEverywhere = (name: OptionName): boolean => OPTIONS[name].commands.length === COMMAND_NAMES.length;

/** The number of rules that one request may name. */
export const MOST_RULES = 1000;
