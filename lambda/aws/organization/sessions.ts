/**
 * Enters the accounts of an organization: assumes the role of a member, and makes clients with the credentials.
 *
 * The STS endpoint of the function's Region issues the credentials, because tokens of the global endpoint are not valid
 * in Regions that are not enabled by default. EC2's limits apply to an account and Region, so each has a pacer of its
 * own, which lives as long as the process.
 */
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-ec2';
import type { InitializeMiddleware } from '@smithy/types';
import type { Sdk } from './sdk';
import { CloudFormationClient, EC2Client, SecurityHubClient } from '../../../bundle/sdk';
import { SESSION_NAME } from '../../../src/contract/organization';
import { errorFacts, UnusableAnswer } from '../../core/errors';
import type { MemberRegion, MemberSession, Sessions } from '../../core/organization-ports';
import type { Clock } from '../../core/ports';
import { Ec2Network } from '../network';
import { paceRetries } from '../pace-retries';
import { Pacer } from '../pacing';
import { enabledRegions } from '../regions';
import { securityHub } from '../security-hub';
import { cloudFormationStacks } from '../stacks';
import { ec2Topology } from '../topology';
import { checkAnswers } from '../wire';

export interface SessionSettings {
  readonly sdk: Sdk;
  /** The settings of the clients of a place. They bring no connections. */
  readonly client: object;
  /** The settings of the other clients, whose connections may outlive an invocation. */
  readonly own: object;
  readonly partition: string;
  readonly roleName: string;
  readonly externalId: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** The seconds for which a session is valid. STS grants no more to a role that assumes another one. */
const SESSION_SECONDS = 3600;

/** A policy for a session that only asks which Regions are enabled. */
const REGIONS_POLICY = JSON.stringify({
  Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:DescribeRegions', Resource: '*' }],
});

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: Date;
}

const pacers = new Map<string, Pacer>();

function pacerOf(account: string, region: string): Pacer {
  const key = `${account} ${region}`;
  const pacer = pacers.get(key) ?? new Pacer();
  pacers.set(key, pacer);
  return pacer;
}

export function memberSessions(settings: SessionSettings): Sessions {
  const { sdk, own, partition, roleName, externalId } = settings;
  const sts = new sdk.STSClient(own);
  const assume = async (account: string, policy: string): Promise<Credentials> => {
    const { Credentials: given } = await sts.send(new sdk.AssumeRoleCommand({
      RoleArn: `arn:${partition}:iam::${account}:role/${roleName}`, RoleSessionName: SESSION_NAME, ExternalId: externalId,
      DurationSeconds: SESSION_SECONDS, Policy: policy,
    }));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
      throw new UnusableAnswer(`AssumeRole in ${account} returned no credentials`, []);
    }
    return {
      accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration,
    };
  };
  return {
    async enter(account, policy) {
      return memberSession(account, await assume(account, policy), settings);
    },
    async enabledRegions(account) {
      const credentials = await assume(account, REGIONS_POLICY);
      return enabledRegions(new EC2Client({ ...own, credentials }), settings.signal);
    },
  };
}

/** The answers of services to credentials that were valid before. */
const EXPIRED = /^(RequestExpired|ExpiredToken(Exception)?)$/;

function memberSession(
  account: string, credentials: Credentials, { client, partition, signal, clock }: SessionSettings,
): MemberSession {
  let hasExpired = false;
  const watch: InitializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = next => async args => {
    try {
      return await next(args);
    } catch (error) {
      if (EXPIRED.test(errorFacts(error).code)) hasExpired = true;
      throw error;
    }
  };
  return {
    hasExpired: () => hasExpired,
    in(region): MemberRegion {
      const pacer = pacerOf(account, region);
      const ec2 = new EC2Client({ ...client, region, credentials });
      // All clients of the place share its connections. A function that keeps those of each place it has swept runs
      // out of file descriptors.
      const { requestHandler } = ec2.config;
      const settings = { ...client, region, credentials, requestHandler };
      const revoker = new EC2Client({ ...settings, maxAttempts: 1 });
      for (const each of [ec2, revoker]) {
        each.middlewareStack.add(watch, { step: 'initialize', name: 'watchExpiry' });
        paceRetries(each, pacer);
        checkAnswers(each);
      }
      return {
        network: new Ec2Network(ec2, revoker, pacer, signal),
        topology: ec2Topology(ec2, pacer, signal),
        stacks: cloudFormationStacks(new CloudFormationClient(settings), signal),
        securityHub: () => securityHub(new SecurityHubClient(settings), { partition, account, region }, clock),
        groupHolders: async place =>
          (await import('../holders')).groupHolders({
            ...place, pacer, signal, client: { region, credentials, requestHandler },
          }),
        scaleRequests: factor => pacer.scale(factor),
        close: () => ec2.destroy(),
      };
    },
  };
}
