/** Tests what a change trigger adds to the role, against IAM's simulator. */
import { deniedToRole } from './denied';
import { type Choice, deploy, MAXIMAL } from './deployment';
import { actionsToTry, favourable, grantedBy } from './granted';
import { runProduct } from './product';
import { stopWorlds } from '../wire/world';

afterEach(stopWorlds);

test('the role of a deployment without a change trigger may make none of the calls that a change needs', async () => {
  const { asked } = await runProduct(deploy(MAXIMAL));
  const ofChanges = new Map(asked.filter(({ action }) => /^(sqs|lambda|cloudformation|cloudtrail):/.test(action))
    .map(request => [`${request.action} of ${request.resource}`, request]));
  const services = [...ofChanges.keys()].map(each => each.split(':')[0]);
  expect([...new Set(services)].sort()).toEqual(['cloudformation', 'cloudtrail', 'lambda', 'sqs']);
  const { role } = deploy({ ...MAXIMAL, changeTrigger: false });
  const allowed = await Promise.all([...ofChanges].map(async ([what, request]) => (
    await role.decide(request) === 'ImplicitlyDenied' ? [] : [what])));
  expect(allowed.flat()).toEqual([]);
}, 60_000);

test.each([true, false])('with a change trigger: %p, the role is denied the queues and functions of others', async changeTrigger => {
  const deployment = deploy({ ...MAXIMAL, changeTrigger });
  const denials = deniedToRole(deployment).filter(([, { action }]) => /^(sqs|lambda|cloudformation|cloudtrail):/.test(action));
  expect(denials.length).toBeGreaterThan(9);
  const allowed = await Promise.all(denials.map(async ([what, request]) => (
    await deployment.role.allowsAny([request]) ? [what] : [])));
  expect(allowed.flat()).toEqual([]);
});

test.each<[string, Partial<Choice>]>([
  ['everything', {}],
  ['a change trigger, and no stale rules', { staleRules: 'ignore' }],
  ['no change trigger', { changeTrigger: false }],
])('a deployment of %s is granted exactly the actions that docs/permissions.md names', async (_, differing) => {
  const choice = { ...MAXIMAL, ...differing };
  const deployment = deploy(choice);
  const tried = await Promise.all((await actionsToTry('likely')).map(async action => (
    await deployment.role.allowsAny(await favourable(action, deployment)) ? [action] : [])));
  expect(tried.flat().sort()).toEqual(grantedBy(choice));
});
