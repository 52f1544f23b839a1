/** Checks the tag that selects groups. The policies of the role depend on it. */
import { Token } from 'aws-cdk-lib';
import { requireKind } from './kinds';
import { shown, wrong } from './words';
import { TaggedGroups } from '../contract/configuration';
import { EXEMPT_TAG_KEY } from '../contract/exemptions';

/** The characters that IAM accepts in a policy. */
const LATIN_1 = /^[\t\n\r\x20-\xff]*$/;

/**
 * @param path how messages name the key and the values, such as `FlaggedIngressRule.inGroupsTagged: `
 * @throws when the key or a value is wrong, or the key is known at deployment only
 */
export function taggedGroups(path: string, key: string, values: string[]): TaggedGroups {
  requireKind(`${path}key`, key, { what: "a tag key, such as 'Exposure'", is: each => typeof each === 'string' });
  if (Token.isUnresolved(key)) {
    throw new Error(
      `${path}key: got a text that is known at deployment only; give a plain text, because a tag key becomes part of a condition key`,
    );
  }
  if (!EXEMPT_TAG_KEY.test(key)) {
    throw wrong(`${path}key`, key,
      'a tag key: 1 to 128 letters (Latin ones, because IAM takes no others in a policy), digits, spaces or _ . : / = + - @, with no space at either end');
  }
  if (Token.isUnresolved(values)) {
    throw new Error(
      `${path}values: got ${shown(values)}; give a list of texts, because their number decides the policies. Each text may be known later`,
    );
  }
  requireKind(`${path}values`, values, { what: "a list of tag values, such as ['private']", is: Array.isArray });
  if (values.length === 0) throw new Error(`${path}values: got an empty list; give at least one value`);
  Array.from(values, (value: unknown, index) => {
    const isText = typeof value === 'string' && (Token.isUnresolved(value) || (value.length <= 256 && LATIN_1.test(value)));
    if (!isText) {
      throw wrong(`${path}values[${index}]`, value,
        'a tag value of at most 256 characters (of Latin-1, because IAM takes no others in a policy)');
    }
  });
  return { key, values };
}
