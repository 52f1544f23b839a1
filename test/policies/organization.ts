/**
 * An organization as it is deployed, with a hub and its members, and what each call of the shipped bundle asks IAM for:
 * by which role, in which session, and in which account and Region.
 */
import { Duration } from 'aws-cdk-lib';
import { Template as Synthesized } from 'aws-cdk-lib/assertions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, arns, Deployed, REGION, type Template } from './deployed';
import { REPLACED } from './member';
import { dynamoDbRequestsOf, ofKey, requestsOf } from './requests';
import type { IamRequest, Role } from './simulator';
import {
  ChangeTrigger, FlaggedIngressRule, HygieneAccounts, NetworkHygieneMember, type NetworkHygieneMemberProps, StaleRules,
} from '../../src';
import { CONFIGURATION_PROPERTY } from '../../src/contract/names';
import {
  HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME, ORGANIZATION_RESOURCE_TYPE,
} from '../../src/contract/organization';
import type { Call, Place } from '../support/ec2-endpoint';
import type { Call as DynamoDbCall } from '../support/endpoint';
import { text } from '../support/endpoint/parameters';
import type { OrganizationEndpoint } from '../support/organization-endpoint';
import { aHub } from '../support/synthesized-hub';
import { aStack } from '../support/synthesized-stack';
import { BUCKET, HUB_KEY, ONE, type Overrides, RESTORE_KEY, THREE, TWO } from '../wire/organization/world';

/** The organization of the endpoint. */
export const ORGANIZATION = 'o-exampleorgid';

const SHARED = {
  organizationId: ORGANIZATION,
  staleRules: StaleRules.revoke(),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH), FlaggedIngressRule.inDefaultGroups(), REPLACED],
  exemptTags: ['Pinned'],
  securityHub: true,
};

export interface Hub {
  readonly deployed: Deployed;
  /** The configuration of the custom resource, as a world of a test takes it. */
  readonly configured: Overrides;
  readonly sweep: Role;
  readonly restore: Role;
  readonly findings: Role;
  readonly stateMachine: Role;
  readonly schedule: Role;
  readonly key: string;
  readonly topic: string;
  readonly topicKey: string;
  readonly eventBus: string;
  /** The bus to which members forward changes. */
  readonly changeBus: string;
  readonly queue: string;
}

/** Deploys a hub with everything that asks for permissions, by which rules may be revoked in the first two members. */
export function deployHub(): Hub {
  const stack = aStack('Hub');
  const encryptionKey = new Key(stack, 'Key');
  const topic = new Topic(stack, 'People', { masterKey: new Key(stack, 'TopicKey') });
  const eventBus = new EventBus(stack, 'Bus');
  const hub = aHub(stack, {
    ...SHARED, encryptionKey, notifications: topic, eventBus, settle: Duration.seconds(0),
    accounts: HygieneAccounts.organizationalUnits(['r-exam']), revokeIn: HygieneAccounts.list([ONE, TWO]),
    regions: REGIONS, changeTrigger: ChangeTrigger.cloudTrail(), accountMetrics: true, toleratedFailures: 1,
  }, 'Hygiene');
  void hub.findingsFunction;
  const deployed = new Deployed(Synthesized.fromStack(stack).toJSON() as Template, new Map([
    ['AWS::DynamoDB::Table', 'ledger'], ['AWS::S3::Bucket', BUCKET], ['AWS::StepFunctions::StateMachine', 'hygiene'],
  ]));
  const value = (token: string): string => String(deployed.value(stack.resolve(token)));
  const [properties] = deployed.all(ORGANIZATION_RESOURCE_TYPE) as Array<Record<string, string>>;
  const configuration = JSON.parse(properties[CONFIGURATION_PROPERTY]) as Record<string, unknown>;
  const roleOf = (pattern: RegExp): Role => {
    const found = Object.keys((Synthesized.fromStack(stack).toJSON() as Template).Resources)
      .find(id => pattern.test(id));
    if (found === undefined) throw new Error(`The hub has no role like ${String(pattern)}`);
    return deployed.roleNamed(found);
  };
  return {
    deployed, configured: [configuration, configuration.organization as Record<string, unknown>],
    sweep: deployed.roleNamed(HUB_ROLE_NAME), restore: deployed.roleNamed(HUB_RESTORE_ROLE_NAME),
    findings: deployed.roleOf('findings.organization'),
    stateMachine: roleOf(/^HygieneRunRole/), schedule: roleOf(/^HygieneSchedule\w*Role/),
    key: value(encryptionKey.keyArn), topic: value(topic.topicArn), topicKey: value(topic.masterKey?.keyArn ?? ''),
    eventBus: value(eventBus.eventBusArn), changeBus: value(hub.changeBus?.eventBusArn ?? ''),
    queue: value(hub.changeQueue?.queueArn ?? ''),
  };
}

export const REGIONS = [REGION, 'eu-west-1'];

/** A member: its roles, and whom they trust. */
export class DeployedMember {
  private readonly deployed: Deployed;

  /** @param props the properties in which the member differs from one that may revoke */
  constructor(public readonly account: string, props: Partial<NetworkHygieneMemberProps>) {
    const stack = aStack('Member');
    new NetworkHygieneMember(stack, 'Member', { ...SHARED, hubAccount: ACCOUNT, mayRevoke: true, ...props });
    this.deployed = new Deployed(Synthesized.fromStack(stack).toJSON() as Template, new Map(), account);
  }

  public roleNamed(name: string): Role {
    return this.deployed.roleNamed(name);
  }

  public trustOf(name: string): ReturnType<Deployed['trustOf']> {
    return this.deployed.trustOf(name);
  }
}

export function deployMembers({ changeBus }: Hub): Map<string, DeployedMember> {
  // All of them may revoke by their roles. The hub lets two.
  return new Map([ONE, TWO, THREE, ACCOUNT].map(account => (
    [account, new DeployedMember(account, { forwardChangesTo: changeBus })])));
}

/** A request with the one who makes it. */
export interface Asked {
  readonly request: IamRequest;
  readonly place: Place;
  /** The ARN of the role, and that of its session. */
  readonly roleArn: string;
  readonly session: string;
  /** The policy of the session, which is JSON. */
  readonly sessionPolicy?: string;
}

/** Converts the calls of a world, in the order of the calls. */
export function askedIn(aws: OrganizationEndpoint, hub: Hub): Asked[] {
  return aws.calls.flatMap(call => {
    const place = call.place ?? { account: ACCOUNT, region: REGION };
    const roleArn = roleOfSession(call.caller);
    const requests = organizationRequestsOf(call, hub) ?? requestsIn(place, call, aws, hub);
    const asked = { place, roleArn, session: call.caller, sessionPolicy: call.sessionPolicy };
    return requests.map(request => ({ ...asked, request: requestedIn(place.region, request) }));
  });
}

const KEYS = new Map([[HUB_KEY, HUB_ROLE_NAME], [RESTORE_KEY, HUB_RESTORE_ROLE_NAME]]);

/** Converts the calls of a table, which only roles of the hub make. */
export function askedOfTable(calls: readonly DynamoDbCall[], { key }: Hub): Asked[] {
  return calls.flatMap(({ action, parameters, signer }) => {
    const name = KEYS.get(signer?.accessKeyId ?? '');
    if (name === undefined) throw new Error(`${action} is signed by an unknown key`);
    const roleArn = arns.role(name);
    const place = { account: ACCOUNT, region: REGION };
    return dynamoDbRequestsOf(action, parameters, { ledgerKey: key })
      .map(request => ({ request, place, roleArn, session: roleArn }));
  });
}

/** IAM knows the Region of each request. */
const requestedIn = (region: string, request: IamRequest): IamRequest =>
  ({ ...request, context: { ...request.context, 'aws:RequestedRegion': region } });

function roleOfSession(session: string): string {
  const [, account, name] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(session) ?? [];
  if (name === undefined) throw new Error(`${session} is not a session of a role`);
  return arns.role(name, account);
}

/** The requests of one account and Region have its ARNs. */
function requestsIn(place: Place, call: Call, aws: OrganizationEndpoint, { topicKey }: Hub): IamRequest[] {
  const network = aws.place(place.account, place.region);
  const requests = requestsOf(call.action, call.parameters, network, { topicKey });
  if (place.account === ACCOUNT) return requests;
  const moved = JSON.stringify(requests).replaceAll(ACCOUNT, place.account).replaceAll(REGION, place.region);
  return JSON.parse(moved) as IamRequest[];
}

/** Converts calls that only a hub makes. */
function organizationRequestsOf({ action, parameters }: Call, { key }: Hub): IamRequest[] | undefined {
  const of = (name: string, resource: string, context: IamRequest['context'] = {}): IamRequest[] =>
    [{ action: name, resource, context }];
  switch (action) {
    case 'AssumeRole': {
      const context = { 'sts:ExternalId': text(parameters.ExternalId) ?? '', 'aws:ResourceOrgID': ORGANIZATION };
      return of('sts:AssumeRole', text(parameters.RoleArn) ?? '', context);
    }
    case 'ListAccounts':
      return of('organizations:ListAccounts', '*');
    case 'ListAccountsForParent':
    case 'ListOrganizationalUnitsForParent':
      return of(`organizations:${action}`, parentArn(text(parameters.ParentId) ?? ''));
    case 'ListRegions': {
      const account = text(parameters.AccountId);
      return of('account:ListRegions', account === undefined
        ? `arn:aws:account::${ACCOUNT}:account` : `arn:aws:account::${ACCOUNT}:account/${ORGANIZATION}/${account}`);
    }
    case 'PutObject':
      return [
        ...of('s3:PutObject', `${arns.bucket(text(parameters.Bucket) ?? '')}/${text(parameters.Key)}`),
        ofKey('kms:GenerateDataKey', key, 's3'),
      ];
    case 'StartExecution':
      return of('states:StartExecution', text(parameters.stateMachineArn) ?? '');
    case 'DescribeExecution':
      return of('states:DescribeExecution', text(parameters.executionArn) ?? '');
    default:
      return undefined;
  }
}

/** The ARN of a root or an organizational unit. The hub is in the management account. */
const parentArn = (id: string): string =>
  `arn:aws:organizations::${ACCOUNT}:${id.startsWith('r-') ? 'root' : 'ou'}/${ORGANIZATION}/${id}`;

