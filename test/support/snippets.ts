/** Compiles the snippets of the pages in one program, as jsii-rosetta does for the README. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import * as ts from 'typescript';
import { PAGES, ROOT, type Snippet } from './pages';
import { LeanApp } from './synthesized-stack';
import * as library from '../../src';

/**
 * Returns the text around a snippet, which marks its place: the `default` fixture, unless the snippet names another.
 */
export const fixture = (name: string): string => readFileSync(join(ROOT, 'rosetta', `${name}.ts-fixture`), 'utf8');

/** Returns the program of a snippet: its imports above those of the fixture, and the rest at the marked place. */
function programOf({ info, text }: Snippet): string {
  if (info.split(' ').includes('nofixture')) return text;
  const [, name = 'default'] = /\bfixture=(\w+)/.exec(info) ?? [];
  const { statements } = ts.createSourceFile('snippet.ts', text, ts.ScriptTarget.Latest);
  const end = Math.max(0, ...statements.filter(ts.isImportDeclaration).map(each => each.end));
  return `${text.slice(0, end)}\n${fixture(name).replace('/// here', () => text.slice(end))}`;
}

/** The TypeScript snippets of every page, by name. */
export const SNIPPETS: ReadonlyMap<string, Snippet> = new Map(PAGES.flatMap(page => (
  page.snippetsIn('ts').map(snippet => [`${page.path}:${snippet.line}`, snippet] as const))));

/** Returns the compiler's errors for each snippet, by name. */
export function errorsIn(snippets: ReadonlyMap<string, Snippet>): Map<string, string[]> {
  // The files are next to the pages, so that packages are found.
  const programs = new Map([...snippets].map(([name, snippet]) => [join(ROOT, `${name}.ts`), programOf(snippet)]));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.all.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT);
  // A snippet may declare variables that only the reader goes on to use. Packages check their own declarations.
  Object.assign(options, { noUnusedLocals: false, noUnusedParameters: false, skipLibCheck: true });
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = file => programs.has(file) || fileExists(file);
  host.readFile = file => programs.get(file) ?? readFile(file);
  const program = ts.createProgram([...programs.keys()], options, host);
  return new Map([...snippets.keys()].map(name => {
    const file = program.getSourceFile(join(ROOT, `${name}.ts`));
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return [name, found.map(({ start, messageText }) => (
      `${lineAt(file, start)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`))];
  }));
}

/** Loads the packages that snippets import. CDK's App is replaced by one that leaves no files behind. */
export function loadPackage(name: string): unknown {
  if (name === 'aws-cdk-lib') return { ...cdk, App: LeanApp };
  return name === 'cdk-network-hygiene' ? library : jest.requireActual(name);
}

/**
 * Runs the program of a snippet.
 *
 * @param load returns the packages that it requires
 * @param result the variable to return, such as `app`
 */
export function run(snippet: Snippet, load: (name: string) => unknown, result: string): unknown {
  const { outputText } = ts.transpileModule(programOf(snippet), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  return (new Function('require', 'exports', `${outputText}; return ${result};`) as
    (load: (name: string) => unknown, exports: object) => unknown)(load, {});
}

function lineAt(file: ts.SourceFile | undefined, start: number | undefined): string {
  if (file === undefined || start === undefined) return '';
  return file.text.split('\n')[file.getLineAndCharacterOfPosition(start).line].trim();
}
