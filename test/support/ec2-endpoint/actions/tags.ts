/** CreateTags and DeleteTags, and the tags in responses. */
import { list, type Parameter, record, text, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { missing } from '../errors';
import type { Network, Tags } from '../network';
import type { Xml } from '../xml';
import type { Action } from './context';
import { requireRule } from './required';

export const tagSet = (tags: Tags): Xml => Object.entries(tags).map(([key, value]) => ({ key, value }));

const MAX_TAGS = 50;

/** Reads the tags of a TagSpecification or of CreateTags. @throws when a key starts with aws: */
export function readTags(tags: Parameter | undefined): Tags {
  return Object.fromEntries(list(tags).map(record).map(({ Key, Value }) => [readKey(Key), text(Value) ?? '']));
}

function readKey(given: Parameter | undefined): string {
  const key = text(given) ?? '';
  if (/^aws:/i.test(key)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Tag keys starting with 'aws:' are reserved for internal use: ${key}`,
    );
  }
  return key;
}

/** @throws when there are more tags than a resource may have; tags of AWS do not count */
export function requireFewTags(tags: Tags): void {
  const own = Object.keys(tags).filter(key => !key.startsWith('aws:'));
  if (own.length > MAX_TAGS) throw new ServiceError('TagLimitExceeded', `A resource can have at most ${MAX_TAGS} tags`);
}

export const createTags: Action = ({ ResourceId, Tag }, { network }) => {
  const tags = readTags(Tag);
  if (Object.keys(tags).length === 0) throw missing('Tags');
  const resources = texts(ResourceId).map(id => tagged(network, id));
  for (const resource of resources) requireFewTags({ ...resource.tags, ...tags });
  for (const resource of resources) Object.assign(resource.tags, tags);
  return { return: true };
};

/**
 * Deletes a tag that is given with a value only if it has that value. Without tags, all are deleted except those of
 * AWS.
 */
export const deleteTags: Action = ({ ResourceId, Tag }, { network }) => {
  const wanted = list(Tag).map(record).map(({ Key, Value }) => ({ key: readKey(Key), value: text(Value) }));
  const isWanted = (key: string, value: string): boolean => wanted.length === 0 ? !key.startsWith('aws:')
    : wanted.some(each => each.key === key && (each.value === undefined || each.value === value));
  for (const { tags } of texts(ResourceId).map(id => tagged(network, id))) {
    for (const [key, value] of Object.entries(tags)) if (isWanted(key, value)) delete tags[key];
  }
  return { return: true };
};

function tagged(network: Network, id: string): { tags: Tags } {
  if (id.startsWith('sgr-')) return requireRule(network, id);
  const resource = network.groups.get(id) ?? network.vpcs.get(id) ?? network.vpnConnections.get(id);
  if (!resource) throw new ServiceError('InvalidID', `The ID '${id}' is not valid`);
  return resource;
}
