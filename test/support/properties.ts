/** Reads the properties of an interface of `src` from its source. */
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
  const path = join(ROOT, 'src', `${file}.ts`);
  const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const members = statements.filter(ts.isInterfaceDeclaration).flatMap(each => [...each.members]);
  return members.filter(ts.isPropertySignature).map(member => ({
    name: member.name.getText(),
    type: member.type?.getText() ?? '',
    isOptional: member.questionToken !== undefined,
    byDefault: ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')?.comment?.toString() ?? '',
  }));
}
