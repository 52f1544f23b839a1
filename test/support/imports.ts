/**
 * Reads with TypeScript's parser which file imports which. Type imports count, because readers of a file need them,
 * too.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as ts from 'typescript';

export interface Import {
  /** A relative path, or the name of a package. */
  readonly specifier: string;
  /** Whether the import disappears when the code is compiled. */
  readonly isTypeOnly: boolean;
}

export interface Arrow {
  /** The path from the root of the repository, without `.ts`. */
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

export interface Imports {
  readonly files: string[];
  /** The imports from each file to other files. */
  readonly arrows: Arrow[];
  /** The imports from each file to packages. */
  readonly packages: Arrow[];
}

const ROOT = join(__dirname, '..', '..');

const OPTIONS: ts.CompilerOptions = { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext };

/** @throws when an import leads to no file */
export function importsOf(...folders: string[]): Imports {
  const paths = folders.flatMap(folder => ts.sys.readDirectory(join(ROOT, folder), ['.ts']));
  const all = paths.flatMap(path => importsIn(readFileSync(path, 'utf8')).map(({ specifier, isTypeOnly }): Arrow => {
    return { from: named(path), to: specifier.startsWith('.') ? resolved(specifier, path) : specifier, isTypeOnly };
  }));
  const files = paths.map(named);
  return {
    files,
    arrows: all.filter(({ to }) => files.includes(to)),
    packages: all.filter(({ to }) => !files.includes(to)),
  };
}

/** Returns every import in a text, in any form. */
export function importsIn(text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const [specifier, isTypeOnly = false] = importOf(node) ?? [];
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, isTypeOnly });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest));
  return found;
}

function importOf(node: ts.Node): [specifier: ts.Node | undefined, isTypeOnly: boolean] | undefined {
  if (ts.isImportDeclaration(node)) return [node.moduleSpecifier, isOfTypes(node.importClause)];
  if (ts.isExportDeclaration(node)) return [node.moduleSpecifier, node.isTypeOnly || areTypes(node.exportClause)];
  if (ts.isExternalModuleReference(node)) return [node.expression, false];
  if (ts.isImportTypeNode(node)) return [ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true];
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isCall ? [node.arguments[0], false] : undefined;
}

function isOfTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  return clause?.name === undefined && areTypes(clause?.namedBindings);
}

function areTypes(bindings: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (bindings === undefined || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) return false;
  return bindings.elements.length > 0 && [...bindings.elements].every(({ isTypeOnly }) => isTypeOnly);
}

const named = (path: string): string => relative(ROOT, path).replace(/\.ts$/, '');

function resolved(specifier: string, from: string): string {
  const { resolvedModule } = ts.resolveModuleName(specifier, from, OPTIONS, ts.sys);
  if (resolvedModule === undefined) throw new Error(`${named(from)} imports ${specifier}, and there is no such file`);
  return named(resolvedModule.resolvedFileName);
}

/**
 * Returns nodes that form a cycle; undefined if there is none.
 *
 * @param starts the nodes to start from
 */
export function cycleAmong(
  arrows: ReadonlyMap<string, readonly string[]>, starts: Iterable<string> = arrows.keys(),
): string[] | undefined {
  const done = new Set<string>();
  const from = (id: string, path: string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const each of arrows.get(id) ?? []) {
      const cycle = from(each, [...path, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of starts) {
    const cycle = from(id, []);
    if (cycle) return cycle;
  }
  return undefined;
}
