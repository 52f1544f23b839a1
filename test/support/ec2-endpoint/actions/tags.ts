/** CreateTags and DeleteTags, and how tags are shown. */
import { Ec2Error } from '../ec2-error';
import type { Network, Tags } from '../network';
import { list, type Parameter, record, text, texts } from '../query';
import type { Xml } from '../xml';
import type { Action } from './context';

export const tagSet = (tags: Tags): Xml => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Tags of a TagSpecification or of CreateTags. @throws for a key that starts with aws: */
export function readTags(tags: Parameter | undefined): Tags {
  return Object.fromEntries(list(tags).map(tag => {
    const key = text(record(tag).Key) ?? '';
    if (/^aws:/i.test(key)) throw new Ec2Error('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use: ${key}`);
    return [key, text(record(tag).Value) ?? ''];
  }));
}

export const createTags: Action = ({ ResourceId, Tag }, { network }) => {
  const tags = readTags(Tag);
  for (const resource of texts(ResourceId).map(id => tagged(network, id))) Object.assign(resource.tags, tags);
  return { return: true };
};

export const deleteTags: Action = ({ ResourceId, Tag }, { network }) => {
  const keys = Object.keys(readTags(Tag));
  for (const resource of texts(ResourceId).map(id => tagged(network, id))) for (const key of keys) delete resource.tags[key];
  return { return: true };
};

function tagged(network: Network, id: string): { tags: Tags } {
  const resource = network.rules.get(id) ?? network.groups.get(id) ?? network.vpcs.get(id) ?? network.vpnConnections.get(id);
  if (!resource) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  return resource;
}
