/** Tests what a change trigger adds to the role, against IAM's simulator, with requests that are written by hand. */
import { deniedToRole } from './denied';
import { type Choice, deploy, MAXIMAL, network } from './deployment';
import { actionsToTry, favourable, grantedBy } from './granted';
import { changeRequests } from './requests';

const verdicts = (choice: Choice): Promise<string[]> => {
  const { role } = deploy(choice);
  return Promise.all(changeRequests(network(), deploy(MAXIMAL)).map(async request => (
    `${request.action} of ${request.resource.split(':').slice(2).join(':')}: ${await role.decide(request)}`)));
};

test('the role of a deployment with a change trigger may do what a change needs', async () => {
  const said = await verdicts(MAXIMAL);
  expect(said).toHaveLength(11);
  expect(said.filter(each => !each.endsWith(': Allowed'))).toEqual([]);
});

test('the role of a deployment without one may do nothing of it', async () => {
  const said = await verdicts({ ...MAXIMAL, changeTrigger: false });
  expect(said).toHaveLength(11);
  expect(said.filter(each => !each.endsWith(': ImplicitlyDenied'))).toEqual([]);
});

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
