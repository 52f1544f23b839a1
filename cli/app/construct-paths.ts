/**
 * Finds the paths of constructs in an app.
 *
 * A resource has its path in its metadata, unless the app was synthesized without path metadata. The manifest has the
 * paths in any case, but for all templates of a stack together: a resource of a nested stack may have the same logical
 * id as one of the stack itself.
 */
import { type Folder, objectOfFile } from './folder';
import { type Fields, fieldsOf, listOf, textOf } from './json';
import type { Template } from './template';

/**
 * Returns the paths of the constructs of a template, by the logical ids of their resources.
 *
 * @param nestedPath the path of the nested stack that the template is for; absent for the stack itself
 */
export type ConstructPaths = (template: Template, nestedPath?: string) => ReadonlyMap<string, string>;

/** Returns the metadata of a stack: by the path of each construct, what is known about it. */
export function metadataOf(folder: Folder, artifact: Fields, manifest: string): Fields {
  // Later versions of CDK write it to a file of its own.
  const file = textOf(artifact.additionalMetadataFile);
  const additional = file === undefined ? {} : objectOfFile(folder, file, manifest);
  return { ...fieldsOf(artifact.metadata), ...additional };
}

/**
 * Returns the path of a nested stack from that of its resource: `Web/Part.NestedStack/Part.NestedStackResource`.
 *
 * @returns undefined for the path of any other construct
 */
export const nestedStackPath = (path: string): string | undefined =>
  /^(.*)\.NestedStack\/[^/]+\.NestedStackResource$/.exec(path)?.[1];

export function constructPathsOf(metadata: Fields): ConstructPaths {
  const paths = Object.keys(metadata).map(withoutSlash);
  const nestedPaths = paths.flatMap(path => nestedStackPath(path) ?? []);
  const isIn = (path: string, outer: string): boolean => path.startsWith(`${outer}/`);
  const nestedPathOf = (path: string): string | undefined =>
    nestedPaths.filter(each => isIn(path, each)).sort((a, b) => b.length - a.length)[0];
  const all = Object.entries(metadata).flatMap(([key, entries]) => listOf(entries).flatMap(each => {
    const { type, data } = fieldsOf(each);
    const path = withoutSlash(key);
    return type === 'aws:cdk:logicalId' && typeof data === 'string'
      ? [{ path, logicalId: data, nestedPath: nestedPathOf(path) }] : [];
  }));
  return (template, nestedPath) => new Map([
    ...all.flatMap(each => each.nestedPath === nestedPath ? [[each.logicalId, each.path] as const] : []),
    ...[...template.resources].flatMap(([logicalId, resource]) => {
      const path = textOf(resource.metadata['aws:cdk:path']);
      return path === undefined ? [] : [[logicalId, path] as const];
    }),
  ]);
}

const withoutSlash = (path: string): string => path.replace(/^\//, '');
