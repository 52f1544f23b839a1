/**
 * Reads the options of the command line by their table.
 *
 * Messages never show the value of a secret option. An argument that cannot be assigned to an option is not shown
 * either, if it begins with a dash, because it may contain that value.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { OPTION_NAMES, type OptionName, OPTIONS, PROGRAM } from './commands';
import { nearest } from './nearest';
import { quoted, UsageError } from './usage-error';
import { shortened } from '../../src/contract/reader';

/** The given options. */
export interface Given {
  readonly names: readonly OptionName[];
  readonly has: (...names: OptionName[]) => boolean;
  readonly one: (name: OptionName) => string | undefined;
  /** Without repetitions. */
  readonly all: (name: OptionName) => readonly string[];
}

const PARSED_OPTIONS: ParseArgsConfig['options'] = Object.fromEntries(OPTION_NAMES.map(name => {
  const { value, short } = OPTIONS[name];
  // An option that may be given once is parsed as a list, too, so that a second value is not dropped in silence.
  return [name, value === undefined ? { type: 'boolean', ...short && { short } } : { type: 'string', multiple: true }];
}));

export interface Read {
  readonly given: Given;
  readonly positionals: readonly string[];
}

/**
 * Reads the options and the other arguments, whatever the command is.
 *
 * @throws UsageError when an option is unknown, or its value is missing or wrong
 */
export function readOptions(argv: readonly string[]): Read {
  const { values, positionals } = parsed(argv);
  const all = (name: OptionName): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? [...new Set(value.map(String))] : [];
  };
  const names = OPTION_NAMES.filter(name => values[name] !== undefined);
  for (const name of names) {
    const value = values[name];
    checkOption(name, Array.isArray(value) ? value.map(String) : []);
  }
  if (positionals.some(isBlank)) throw new UsageError('An argument is empty. Give a value, or leave it out');
  return {
    given: { names, has: (...each) => each.some(name => names.includes(name)), one: name => all(name)[0], all },
    positionals,
  };
}

function parsed(argv: readonly string[]): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...argv], options: PARSED_OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw explained(argv) ?? new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const lenient = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: PARSED_OPTIONS, allowPositionals: true, strict: false, tokens: true });

/** Returns the arguments that are neither options nor their values, even if something is wrong with the options. */
export const positionalsOf = (argv: readonly string[]): readonly string[] => lenient(argv).positionals;

const LISTED = `"${PROGRAM} <command> --help" lists the options`;

/** Says what the strict parser found wrong, in more words than its own. */
function explained(argv: readonly string[]): UsageError | undefined {
  for (const token of lenient(argv).tokens) {
    if (token.kind !== 'option') continue;
    const name = OPTION_NAMES.find(each => each === token.name);
    if (name === undefined) return unknownOption(token.rawName, argv[token.index]);
    const placeholder = OPTIONS[name].value;
    if (placeholder === undefined && token.value !== undefined) {
      return new UsageError(`--${name} takes no value. Leave out "=" and what follows it`);
    }
    if (placeholder === undefined) continue;
    if (token.value === undefined) return new UsageError(`--${name} has no value. Give --${name} <${placeholder}>`);
    if (!token.inlineValue && token.value.startsWith('-')) {
      return new UsageError(
        `--${name} has no value, because the next argument begins with a dash. Give --${name} <${placeholder}>, or `
        + `--${name}=<${placeholder}> if the value begins with a dash`,
      );
    }
  }
  return undefined;
}

/** @param argument the whole argument, which may contain a value after "=" or several short options */
function unknownOption(option: string, argument: string): UsageError {
  const secret = OPTION_NAMES.find(name => OPTIONS[name].isSecret && option.startsWith(`--${name}`));
  if (secret !== undefined) {
    return new UsageError(`--${secret} is not followed by a space or "=". Give --${secret} <${OPTIONS[secret].value}>`);
  }
  if (option.startsWith('--')) {
    const name = option.slice(2);
    const meant = nearest(name, OPTION_NAMES);
    const suggestion = meant === undefined ? '' : `Did you mean --${meant}? `;
    return new UsageError(`--${shortened(name)} is not known. ${suggestion}${LISTED}`);
  }
  const long = argument.slice(1).split('=')[0];
  const meant = nearest(long, OPTION_NAMES);
  return new UsageError(meant === undefined
    ? `${option} is not known. Options begin with two dashes. ${LISTED}`
    : `-${long} has one dash. Did you mean --${meant}? ${LISTED}`);
}

const isBlank = (text: string): boolean => text.trim() === '';

function checkOption(name: OptionName, values: readonly string[]): void {
  const { check, isRepeatable, isSecret, value: placeholder } = OPTIONS[name];
  if (values.some(isBlank)) {
    throw new UsageError(`--${name} is empty. Give --${name} <${placeholder}>, or leave it out`);
  }
  if (!isRepeatable && values.length > 1) {
    throw new UsageError(`--${name} is given ${values.length} times. Give it once`);
  }
  for (const value of values) {
    const wrong = check?.(value);
    if (wrong !== undefined) throw new UsageError(`--${name}${isSecret ? '' : ` ${quoted(value)}`}: ${wrong}`);
  }
}
