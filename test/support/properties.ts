/** Reads the properties of the interfaces of `src` from their source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { ROOT } from './pages';

export interface Property {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  /** The text of `@default`. */
  readonly byDefault: string;
}

/** @param file the file name without `.ts`; the properties of all its interfaces are returned */
export function propertiesOf(file: string): Property[] {
  return interfacesIn(join(ROOT, 'src', `${file}.ts`)).flatMap(ownProperties);
}

let exported: ReadonlyMap<string, ts.InterfaceDeclaration> | undefined;

/**
 * @param name the name of an interface that the library exports
 * @returns its properties, after those of the interfaces that it extends
 * @throws when there is no such interface
 */
export function propertiesOfInterface(name: string): Property[] {
  exported ??= new Map(
    ts.sys.readDirectory(join(ROOT, 'src'), ['.ts'], undefined, ['*.ts'])
      .flatMap(interfacesIn)
      .map(each => [each.name.text, each]),
  );
  const found = exported.get(name);
  if (found === undefined) throw new Error(`There is no interface ${name} in src`);
  const extended = (found.heritageClauses ?? []).flatMap(({ types }) => types.map(type => type.expression.getText()));
  return [...extended.flatMap(propertiesOfInterface), ...ownProperties(found)];
}

function interfacesIn(path: string): ts.InterfaceDeclaration[] {
  const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  return statements.filter(ts.isInterfaceDeclaration);
}

function ownProperties({ members }: ts.InterfaceDeclaration): Property[] {
  return members.filter(ts.isPropertySignature).map(member => ({
    name: member.name.getText(),
    type: member.type?.getText() ?? '',
    isOptional: member.questionToken !== undefined,
    byDefault: ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')?.comment?.toString() ?? '',
  }));
}
