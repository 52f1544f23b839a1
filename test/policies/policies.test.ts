/**
 * Tests the policies with random deployments, over the wire. Each call of the product is allowed by the role of the
 * same deployment, and calls that it never makes are denied.
 */
import * as fc from 'fast-check';
import { deniedToFindings, deniedToRole, type Denial } from './denied';
import { arbitraryChoice, type Choice, deploy, type Deployment, GROUP, MAXIMAL, network } from './deployment';
import { actionsToTry, favourable, grantedBy, grantedToLambda, mayRevoke } from './granted';
import { type Journal, runProduct } from './product';
import type { IamRequest, Role } from './simulator';
import {
  FINGERPRINT_PROPERTY,
  FINGERPRINT_VARIABLE,
  HYGIENE_VARIABLE,
  LEDGER_TABLE_VARIABLE,
} from '../../src/contract/names';
import { stopWorlds } from '../wire/world';

// Each test runs the product and simulates the policy for many actions, which takes long on a busy machine.
jest.setTimeout(240_000);

afterEach(stopWorlds);

/** The number of random deployments, in addition to the maximal one. */
const DEPLOYMENTS = 12;

/** Returns the requests that are not allowed, without duplicates. */
async function refused(role: Role, requests: readonly IamRequest[]): Promise<IamRequest[]> {
  const distinct = new Map(requests.map(request => [JSON.stringify(request), request]));
  const tried = await Promise.all([...distinct.values()].map(async request => (
    await role.decide(request) === 'Allowed' ? [] : [request])));
  return tried.flat();
}

/** Returns the denials that do not hold. */
async function allowed(role: Role, denials: readonly Denial[]): Promise<string[]> {
  const tried = await Promise.all(denials.map(async ([what, request]) => (
    await role.allowsAny([request]) ? [what] : [])));
  return tried.flat();
}

/** Returns the actions that a role may use in any way. */
async function allowedActions(role: Role, deployment: Deployment, which: 'all' | 'likely'): Promise<string[]> {
  const tried = await Promise.all((await actionsToTry(which)).map(async action => (
    await role.allowsAny(await favourable(action, deployment)) ? [action] : [])));
  return tried.flat().sort();
}

async function prove(choice: Choice, which: 'all' | 'likely'): Promise<{ deployment: Deployment; journal: Journal }> {
  const deployment = deploy(choice);
  const { deployed, role, findingsRole, properties } = deployment;
  // The world in which the function runs has the same environment.
  expect(deployed.environmentOf('index.handler')).toEqual({
    [HYGIENE_VARIABLE]: 'Test/Hygiene', [LEDGER_TABLE_VARIABLE]: 'ledger', [FINGERPRINT_VARIABLE]: properties[FINGERPRINT_PROPERTY],
  });
  const journal = await runProduct(deployment);
  expect(await refused(role, journal.asked)).toEqual([]);
  expect(await refused(findingsRole, journal.askedByFindings)).toEqual([]);
  expect(await allowed(role, deniedToRole(deployment))).toEqual([]);
  expect(await allowed(findingsRole, deniedToFindings(deployment))).toEqual([]);
  expect(await allowedActions(role, deployment, which)).toEqual(grantedBy(choice));
  const ofFindings = ['dynamodb:GetItem', 'dynamodb:Query', ...grantedToLambda(choice)];
  expect(await allowedActions(findingsRole, deployment, 'likely')).toEqual(ofFindings);
  const ofChanges = ['lambda:InvokeFunction', 'sqs:SendMessage'];
  expect(journal.asked.map(({ action }) => action)).toEqual(choice.changeTrigger
    ? expect.arrayContaining(ofChanges) : expect.not.arrayContaining(ofChanges));
  // An empty journal would prove nothing.
  expect(new Set(journal.askedByFindings.map(({ action }) => action))).toContain('dynamodb:Query');
  if (choice.settle !== 'at once') expect(journal.revokedAtDeployment).toEqual([]);
  if (!mayRevoke(choice)) expect(journal.revoked).toEqual([]);
  else expect(journal.asked.map(({ action }) => action)).toContain('ec2:RevokeSecurityGroupIngress');
  if (choice.functionVpc !== undefined) {
    const { rules } = network();
    const groups = new Set(journal.revoked.map(id => rules.get(id)?.groupId));
    expect([GROUP.function, GROUP.endpoint].filter(group => groups.has(group))).toEqual([]);
  }
  return { deployment, journal };
}

test('a deployment of everything is allowed its calls and nothing else, and uses all that it is granted', async () => {
  const { deployment, journal } = await prove(MAXIMAL, 'all');
  const used = new Set(journal.asked.map(({ action }) => action));
  expect(grantedBy(MAXIMAL).filter(action => !used.has(action))).toEqual([]);
  expect(journal.revoked.length).toBeGreaterThan(5);
  expect(new Set(journal.restored)).toEqual(new Set(['ALREADY_THERE', 'RESTORED']));
  expect(deployment.ledgerKey).toBeDefined();
  // The deployment wrote the configuration of these sweeps to the ledger.
  expect(journal.revokedAtDeployment).toEqual([]);
});

test('a deployment that is confined to a group and a tag replaces rules there, though it may restore nothing', async () => {
  const { journal } = await prove({
    ...MAXIMAL, staleRules: 'report', flagged: ['replaced', 'inGroupsTagged'], allowRestore: false,
  }, 'likely');
  const used = new Set(journal.asked.map(({ action }) => action));
  expect([...used]).toEqual(expect.arrayContaining([
    'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateTags', 'ec2:RevokeSecurityGroupIngress',
  ]));
  // The key in another case is allowed by IAM, and no tag of the declaration.
  const { rules } = network();
  expect(new Set(journal.revoked.map(id => rules.get(id)?.groupId))).toEqual(new Set([GROUP.declared, GROUP.tagged]));
});

test('every deployment is allowed each call that it makes, and exactly the actions that docs/permissions.md names', async () => {
  // A failing case is not shrunk, because each attempt is a run of the product. The seed in the message repeats it.
  const property = fc.asyncProperty(arbitraryChoice, async choice => void await prove(choice, 'likely'));
  await fc.assert(property, { numRuns: DEPLOYMENTS, endOnFailure: true, interruptAfterTimeLimit: 120_000 });
});
