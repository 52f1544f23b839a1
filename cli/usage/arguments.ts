/** Reads the arguments of the command line. Whatever is wrong with them is found before anything is read or called. */
import {
  COMMAND_NAMES, type CommandName, COMMANDS, DEFAULT_FOLDER, type DeployedCommandName, isRequest, MOST_RULES,
  type OptionName, OPTIONS, PROGRAM,
} from './commands';
import { declarationOf } from './flags';
import { type Given, positionalsOf, readOptions } from './given';
import { helpOf } from './help';
import { didYouMean } from './nearest';
import type {
  ApproveArguments, Deployed, Everywhere, ExplainArguments, GivenFlags, HelpArguments, Parsed, PauseArguments,
  ReportArguments, ReportOptions, RestoreArguments, Selection, Target, VersionArguments,
} from './parsed';
import { quoted, UsageError } from './usage-error';
import { securityGroupRuleId } from './values';
import { errorFacts } from '../../lambda/core/errors';
import { approveRequest, pauseRequest } from '../../lambda/core/invocation/requests';
import type { Format } from '../render/document';

export { UsageError } from './usage-error';
export type { CommandName } from './commands';
export type * from './parsed';

/**
 * Reads the arguments behind the name of the program.
 *
 * @param now the time from which `--for` counts
 * @throws UsageError when an argument is missing, unknown or wrong; the message names it and says what to do
 */
export function parseArguments(argv: readonly string[], now = new Date()): Parsed {
  if (wantsHelp(argv)) return helpAnyway(argv);
  const { given, positionals } = readOptions(argv);
  const [name, ...others] = positionals;
  if (given.has('version')) return version(given, positionals);
  if (name === undefined) throw new UsageError(`No command is given. ${KNOWN_COMMANDS}`);
  if (name === 'help') return helpCommand(given, others);
  const command = commandNamed(name);
  refuseOthers(given, command);
  return commandArguments(command, given, others, now);
}

/**
 * Returns the help of the program or of a command.
 *
 * @throws UsageError when there is no such command
 */
export function helpText(command?: string): string {
  return helpOf(command === undefined || command === 'help' ? undefined : commandNamed(command));
}

const KNOWN_COMMANDS = `Give one of ${COMMAND_NAMES.join(', ')}. "${PROGRAM} --help" describes them`;

function commandNamed(name: string): CommandName {
  const command = COMMAND_NAMES.find(each => each === name);
  if (command) return command;
  throw new UsageError(
    `The command ${quoted(name)} is not known. ${didYouMean(name, [...COMMAND_NAMES, 'help'])}${KNOWN_COMMANDS}`,
  );
}

const isHelp = (argument: string): boolean => argument === '--help' || argument === '-h';

function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some(isHelp);
}

/** The help is shown whatever else is given, even if that is wrong. */
function helpAnyway(argv: readonly string[]): HelpArguments {
  const given = positionalsOf(argv.filter(each => !isHelp(each)));
  return { command: 'help', topic: given.flatMap(name => COMMAND_NAMES.find(each => each === name) ?? [])[0] };
}

function helpCommand(given: Given, others: readonly string[]): HelpArguments {
  const [option] = given.names;
  if (option !== undefined) throw new UsageError(`--${option}: help takes no options. Leave it out`);
  const [topic, another] = others;
  if (another !== undefined) throw new UsageError(`${quoted(another)}: help takes one command. Leave the others out`);
  return { command: 'help', topic: topic === undefined || topic === 'help' ? undefined : commandNamed(topic) };
}

function version({ names }: Given, positionals: readonly string[]): VersionArguments {
  if (names.length > 1 || positionals.length > 0) {
    throw new UsageError('--version is given with other arguments. Leave out either it or the others');
  }
  return { command: 'version' };
}

function refuseOthers(given: Given, command: CommandName): void {
  const other = given.names.find(name => !OPTIONS[name].commands.includes(command));
  if (other === undefined) return;
  throw new UsageError(
    `--${other} is an option of ${inWords(OPTIONS[other].commands)}, not of ${command}. `
    + `"${PROGRAM} ${command} --help" lists the options of ${command}`,
  );
}

/** British English has no comma before the last item. */
const inWords = (items: readonly string[]): string => new Intl.ListFormat('en-GB').format(items);

function commandArguments(command: CommandName, given: Given, positionals: readonly string[], now: Date): Parsed {
  switch (command) {
    case 'plan': return {
      command, ...everywhere(command, given),
      folder: folderOf(command, positionals) ?? DEFAULT_FOLDER, ...selectionOf(given), ledger: !given.has('no-ledger'),
    };
    case 'report': {
      refusePositionals(command, positionals);
      return { command, ...everywhere(command, given), ...reportOptions(given), ...appOfReport(given) };
    }
    case 'explain': return {
      command, ...everywhere(command, given),
      securityGroupRuleIds: someRuleIds(command, positionals), declared: declaredBy(given),
    };
    case 'policy': return {
      command, ...everywhere(command, given), folder: folderOf(command, positionals), ...selectionOf(given),
      ...reportOptions(given),
    };
    case 'restore': return { command, ...deployed(command, given), request: restoreRequestOf(given, positionals) };
    case 'retry': return {
      command, ...deployed(command, given), securityGroupRuleIds: someRuleIds(command, positionals),
    };
    case 'approve': return { command, ...deployed(command, given), request: approveRequestOf(given, positionals) };
    case 'pause': {
      refusePositionals(command, positionals);
      return { command, ...deployed(command, given), ...pauseOf(given, now) };
    }
    case 'status':
    case 'resume': {
      refusePositionals(command, positionals);
      return { command, ...deployed(command, given) };
    }
  }
}

function everywhere(command: CommandName, given: Given): Everywhere {
  if (given.has('external-id') && !given.has('role-arn')) {
    throw new UsageError('--external-id needs a role. Give --role-arn <arn>, or leave it out');
  }
  const regions = given.all('region');
  if (isRequest(command) && regions.length > 1) {
    const got = inWords(regions);
    throw new UsageError(`${command} works in one Region at a time. Give --region once, not ${got}`);
  }
  return {
    profile: given.one('profile'),
    regions,
    roleArn: given.one('role-arn'),
    externalId: given.one('external-id'),
    account: given.one('account'),
    format: formatOf(command, given, COMMANDS[command].formats),
    output: given.one('output'),
    color: !given.has('no-color'),
  };
}

function formatOf<F extends Format>(command: CommandName, given: Given, formats: readonly F[]): F {
  const text = given.one('format') ?? 'table';
  const format = formats.find(each => each === text);
  if (format !== undefined) return format;
  throw new UsageError(
    `--format ${quoted(text)}: ${command} does not have this format. ${didYouMean(text, formats)}`
    + `Give one of ${formats.join(', ')}`,
  );
}

function deployed(command: DeployedCommandName, given: Given): Deployed {
  return {
    ...everywhere(command, given),
    format: formatOf(command, given, COMMANDS[command].formats),
    target: targetOf(given),
  };
}

function selectionOf(given: Given): Selection {
  return { stacks: given.all('stack'), constructs: given.all('construct') };
}

function targetOf(given: Given): Target {
  const functionName = given.one('function-name');
  if (functionName === undefined) {
    return { kind: 'app', folder: given.one('app') ?? DEFAULT_FOLDER, ...selectionOf(given) };
  }
  refuseBoth(given, 'function-name', APP_OPTIONS);
  return { kind: 'function', functionName };
}

function declaredBy(given: Given): ExplainArguments['declared'] {
  if (!given.has('flag', 'flag-file')) {
    return { kind: 'app', folder: given.one('app'), ...selectionOf(given), ledger: !given.has('no-ledger') };
  }
  refuseBoth(given, given.has('flag') ? 'flag' : 'flag-file', [...APP_OPTIONS, 'no-ledger']);
  return { kind: 'flags', ...flagsOf(given) };
}

function refuseBoth(given: Given, name: OptionName, others: readonly OptionName[]): void {
  const other = others.find(each => given.has(each));
  if (other !== undefined) throw new UsageError(`--${name} is given with --${other}. Leave out one of the two`);
}

function flagsOf(given: Given): GivenFlags {
  const flags = given.all('flag');
  for (const flag of flags) declarationOf(flag);
  return { flags, flagFiles: given.all('flag-file') };
}

function reportOptions(given: Given): ReportOptions {
  return { ...flagsOf(given), vpcIds: given.all('vpc'), stale: given.has('stale'), vpn: given.has('vpn') };
}

/** An app says all that there is to look for. */
function appOfReport(given: Given): Pick<ReportArguments, 'app'> {
  const named = APP_OPTIONS.find(each => given.has(each));
  if (named === undefined) return {};
  refuseBoth(given, named, ['flag', 'flag-file', 'vpc', 'stale', 'vpn']);
  return { app: { folder: given.one('app') ?? DEFAULT_FOLDER, ...selectionOf(given) } };
}

const APP_OPTIONS = ['app', 'stack', 'construct'] as const satisfies readonly OptionName[];

function folderOf(command: CommandName, [folder, second]: readonly string[]): string | undefined {
  if (second !== undefined) {
    throw new UsageError(`${quoted(second)}: ${command} takes one folder, and ${quoted(folder)} is given already`);
  }
  return folder;
}

function refusePositionals(command: CommandName, [first]: readonly string[]): void {
  if (first === undefined) return;
  const meant = OPTIONS.app.commands.includes(command) ? '. Give a folder as --app <folder>' : '. Leave it out';
  throw new UsageError(`${quoted(first)}: ${command} takes nothing but options${meant}`);
}

function approveRequestOf(given: Given, positionals: readonly string[]): ApproveArguments['request'] {
  const which = rulesOrSweep('approve', 'what to approve', given, positionals);
  const digest = given.one('digest');
  if (digest === undefined) {
    throw new UsageError(
      'approve needs the digest of what you have looked at. `status` shows it for rules, and the event Approval Requested '
      + 'for a sweep. Give --digest <digest>',
    );
  }
  const approvedBy = given.one('approved-by');
  try {
    return approveRequest({ approve: { ...which, digest, approvedBy } });
  } catch (error) {
    const { message } = errorFacts(error);
    const [, wrong] = /^Malformed request to approve: approvedBy (.+?)\. Nothing was done\./.exec(message) ?? [];
    if (wrong === undefined) throw error;
    throw new UsageError(`--approved-by ${quoted(approvedBy ?? '')} ${wrong}`);
  }
}

const restoreRequestOf = (given: Given, positionals: readonly string[]): RestoreArguments['request'] =>
  rulesOrSweep('restore', 'what to put back', given, positionals);

function rulesOrSweep(
  command: 'restore' | 'approve', what: string, given: Given, positionals: readonly string[],
): RestoreArguments['request'] {
  const sweepId = given.one('sweep');
  if (sweepId === undefined) {
    if (positionals.length === 0) {
      throw new UsageError(`${command} needs to know ${what}. Give ids of rules (sgr-...), or --sweep <id>`);
    }
    return { securityGroupRuleIds: someRuleIds(command, positionals) };
  }
  if (positionals.length > 0) {
    throw new UsageError(`--sweep is given with ${quoted(positionals[0])}. Give either a sweep or ids of rules`);
  }
  return { sweepId };
}

function someRuleIds(command: CommandName, positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0) {
    throw new UsageError(`${command} needs the id of at least one rule, such as sgr-0123456789abcdef0`);
  }
  for (const id of positionals) {
    const wrong = securityGroupRuleId(id);
    if (wrong !== undefined) throw new UsageError(`${quoted(id)}: ${wrong}`);
  }
  const ids = [...new Set(positionals)];
  if (ids.length > MOST_RULES) {
    const given = `${ids.length} are given`;
    throw new UsageError(`${command} takes at most ${MOST_RULES} rules, and ${given}. Give some of them`);
  }
  return ids;
}

function pauseOf(given: Given, now: Date): Pick<PauseArguments, 'until' | 'reason'> {
  const reason = given.one('reason');
  const [until, duration] = [given.one('until'), given.one('for')];
  if (reason === undefined) throw new UsageError('pause needs a reason. Give --reason <text>');
  if (given.has('until')) refuseBoth(given, 'until', ['for']);
  if (until !== undefined) return pauseAsked(until, reason, now, `--until ${quoted(until)}`);
  if (duration === undefined) throw new UsageError('pause needs an end. Give --until <time> or --for <duration>');
  return pauseAsked(endOf(duration, now), reason, now, `--for ${quoted(duration)}`);
}

/** The function decides what a good pause is. Its request and the command line have the same words for the rest. */
function pauseAsked(
  until: string, reason: string, now: Date, option: string,
): Pick<PauseArguments, 'until' | 'reason'> {
  try {
    return pauseRequest({ pause: { until, reason } }, now);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, key, wrong] = /^Malformed request to pause: (until|reason) (.+?)\. Nothing was done\./.exec(message) ?? [];
    if (key === undefined) throw new UsageError(message);
    throw new UsageError(`${key === 'until' ? option : `--reason ${quoted(reason)}`} ${wrong}`);
  }
}

const UNIT_MILLIS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function endOf(duration: string, now: Date): string {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(duration) ?? [];
  if (count === undefined) {
    throw new UsageError(
      `--for ${quoted(duration)} is not a duration. Give minutes, hours or days, such as 30m, 2h or 3d`,
    );
  }
  return new Date(now.getTime() + Number(count) * UNIT_MILLIS[unit]).toISOString();
}
