/** Writes the help from the tables of commands and options. It fits a terminal of 80 columns. */
import {
  COMMAND_NAMES, type CommandName, COMMANDS, isEverywhere, isRequest, OPTION_NAMES, type OptionName, OPTIONS, PROGRAM,
} from './commands';
import { SERVICE_NAMES } from './flags';

const COLUMNS = 80;

/** The help of the whole program, or of one command. */
export function helpOf(command?: CommandName): string {
  return `${(command === undefined ? programHelp() : commandHelp(command)).join('\n\n')}\n`;
}

function programHelp(): string[] {
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    wrapped(
      'Finds security group rules that nobody needs or that nobody should have, with read-only calls and your own '
      + 'credentials. Only restore, pause, resume, retry and approve change anything, through the deployed function.',
    ),
    section('Commands', pairs(COMMAND_NAMES.map(name => [name, COMMANDS[name].summary]))),
    section('Options of every command', pairs(OPTION_NAMES.filter(isEverywhere).map(name => optionLine(name)))),
    section('Other options', pairs([
      ['help [command], <command> --help', 'Show the help of a command'], optionLine('version'),
    ])),
    EXIT_CODES,
    examples(COMMAND_NAMES.flatMap(name => COMMANDS[name].examples.slice(0, 1))),
  ];
}

const TAKES = { folder: ' [folder]', rules: ' <sgr-id>...', rulesIfAny: ' [<sgr-id>...]' } as const;

function commandHelp(command: CommandName): string[] {
  const { summary, details, takes } = COMMANDS[command];
  const options = OPTION_NAMES.filter(name => OPTIONS[name].commands.includes(command));
  const own = options.filter(name => !isEverywhere(name));
  return [
    `Usage: ${PROGRAM} ${command}${takes === undefined ? '' : TAKES[takes]} [options]`,
    `${wrapped(summary)}\n${wrapped(details)}`,
    ...own.length === 0 ? [] : [section('Options', pairs(own.map(name => optionLine(name, command))))],
    section('Options of every command', pairs(options.filter(isEverywhere).map(name => optionLine(name, command)))),
    ...options.includes('flag') ? [FLAGS] : [],
    // A policy finds nothing.
    ...command === 'policy' ? [] : [isRequest(command) ? REQUEST_EXIT_CODES : EXIT_CODES],
    examples(COMMANDS[command].examples),
  ];
}

function optionLine(name: OptionName, command?: CommandName): [string, string] {
  const { value, short, help, isRepeatable } = OPTIONS[name];
  const option = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
  const text = typeof help === 'function' ? help(command) : help;
  // A request goes to one Region.
  const isList = isRepeatable && !(name === 'region' && isRequest(command));
  return [option, isList ? `${text}; repeatable` : text];
}

const section = (title: string, body: string): string => `${title}:\n${body}`;

/** Aligns names and texts in two columns. */
function pairs(rows: ReadonlyArray<readonly [string, string]>): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.map(([name, text]) => wrapped(text, width).replace(/^ +/, `  ${name}`.padEnd(width))).join('\n');
}

/** Breaks a text into lines that begin with so many spaces. */
function wrapped(text: string, indent = 0): string {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && `${last} ${word}`.length <= COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${margin}${word}`);
  }
  return lines.join('\n');
}

const FLAGS = section('Flags', [
  wrapped('A flag is <service>[:<source>], such as ssh, tcp:5432:public or all:10.0.0.0/8.', 2),
  pairs([
    ['service', `${SERVICE_NAMES.join(', ')}; a TCP port; tcp:22, tcp:20-30, tcp:*, udp:53; icmp, icmpv6; all`],
    ['source', 'internet (the default), public, any, an address, a CIDR block, pl-... or sg-...'],
  ]),
  wrapped(
    'Every rule is reported that admits any of the traffic. With the sources 0.0.0.0/0 and ::/0, only rules for every '
    + 'address are reported, and only if they admit all of the ports.', 2,
  ),
  wrapped(
    'A file has one flag per line, with an optional reason behind it, and lines of comment that begin with #. It may '
    + 'also be a JSON list of flags and of {"IpPermissions": [...], "reason": "..."} as the AWS CLI writes '
    + 'permissions.', 2,
  ),
].join('\n'));

const EXIT_CODES = section('Exit codes', pairs([
  ['0', 'Nothing was found'],
  ['1', 'There are findings'],
  ['2', 'Not everything could be looked at'],
  ['3', 'Wrong usage, or no or wrong credentials'],
]));

const REQUEST_EXIT_CODES = section('Exit codes', pairs([
  ['0', 'Done'],
  ['1', 'Not done for every rule; the table says why'],
  ['2', 'The answer is not known; look with status'],
  ['3', 'Wrong usage, no or wrong credentials, or the function refused'],
]));

const examples = (lines: readonly string[]): string =>
  section('Examples', lines.map(line => {
    const whole = `  npx ${PROGRAM} ${line}`;
    // The options of a long line go to the next one, so that a shell still takes both as one command.
    return whole.length <= COLUMNS ? whole : whole.replace(' --', ' \\\n      --');
  }).join('\n'));
