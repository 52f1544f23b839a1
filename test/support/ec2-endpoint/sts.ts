/**
 * STS's GetCallerIdentity and AssumeRole. The credentials of a role are recognized in all calls after that.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { type Caller, type Callers, sessionOf } from './callers';
import type { Answer } from './protocols';
import type { Regions } from './regions';
import { MOST_POLICY_CHARACTERS, readSessionPolicy } from './session-policy';
import { number, type Parameters, text } from '../endpoint/parameters';
import type { Place } from '../endpoint/place';
import { ServiceError } from '../endpoint/service-error';

/** A role that may be assumed. */
export interface TrustedRole {
  readonly roleArn: string;
  /** The external id that the trust policy asks for. */
  readonly externalId?: string;
  /** The role that the caller must have. */
  readonly principalArn?: string;
  /** The organization of the caller's account. */
  readonly orgId?: string;
}

/** Whether a role lets a caller in. A condition that is absent is fulfilled. */
export function trusts(role: TrustedRole, given: TrustedRole): boolean {
  const conditions = Object.keys(role) as Array<keyof TrustedRole>;
  return conditions.every(condition => role[condition] === undefined || role[condition] === given[condition]);
}

/** Nobody can be denied this call. */
export const getCallerIdentity = ({ account, arn, userId }: Caller): Answer =>
  ({ Arn: arn, UserId: userId, Account: account });

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,64}$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
const POLICY = /^[\t\n\r\x20-\xff]+$/;

/** Seconds. The most is that of a chained role, because every caller here has assumed one. */
const DURATION = { least: 900, most: 3600 } as const;

/** Who asks for a role, and where. */
export interface Assuming {
  readonly caller: Caller;
  readonly place: Place;
  readonly callers: Callers;
  readonly regions: Regions;
  /** Whether the trust policy of the role lets the caller in. */
  readonly isTrusted: (roleArn: string, externalId: string | undefined) => boolean;
}

/** @throws when STS would refuse the call */
export function assumeRole(parameters: Parameters, { caller, place, callers, regions, isTrusted }: Assuming): Answer {
  const { roleArn, account, sessionName, externalId, policy, seconds } = read(parameters);
  if (!isTrusted(roleArn, externalId)) {
    throw new ServiceError(
      'AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, 403,
    );
  }
  if (!regions.isUsable({ account, region: place.region })) {
    throw new ServiceError('RegionDisabledException', `STS is not activated in this region for account:${account}.`, 403);
  }
  const sessionPolicy = policy === undefined ? undefined : readSessionPolicy(policy);
  const assumed = sessionOf(roleArn, sessionName, sessionPolicy);
  const { accessKeyId, secretAccessKey, sessionToken } = callers.issue(assumed);
  return {
    AssumedRoleUser: { Arn: assumed.arn, AssumedRoleId: assumed.userId },
    Credentials: {
      AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken,
      Expiration: new Date(Date.now() + seconds * 1000),
    },
    PackedPolicySize: policy === undefined ? undefined : Math.ceil(policy.length / MOST_POLICY_CHARACTERS * 100),
  };
}

interface Asked {
  readonly roleArn: string;
  /** The account of the role. */
  readonly account: string;
  readonly sessionName: string;
  readonly externalId?: string;
  readonly policy?: string;
  readonly seconds: number;
}

function read({ RoleArn, RoleSessionName, ExternalId, Policy, DurationSeconds }: Parameters): Asked {
  const [roleArn, sessionName] = [text(RoleArn) ?? '', text(RoleSessionName) ?? ''];
  const [externalId, policy] = [text(ExternalId), text(Policy)];
  const seconds = DurationSeconds === undefined ? DURATION.most : number(DurationSeconds) ?? NaN;
  const [, account] = ROLE_ARN.exec(roleArn) ?? [];
  if (account === undefined) throw invalid('roleArn', roleArn);
  if (!SESSION_NAME.test(sessionName)) throw invalid('roleSessionName', sessionName);
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) throw invalid('externalId', externalId);
  if (policy !== undefined && (!POLICY.test(policy) || policy.length > MOST_POLICY_CHARACTERS)) {
    throw invalid('policy', policy, `Member must have length less than or equal to ${MOST_POLICY_CHARACTERS}`);
  }
  if (!(seconds >= DURATION.least)) throw invalid('durationSeconds', String(seconds));
  if (seconds > DURATION.most) {
    const why = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
    throw new ServiceError('ValidationError', why);
  }
  return { roleArn, account, sessionName, externalId, policy, seconds };
}

const invalid = (parameter: string, value: string, constraint?: string): ServiceError => new ServiceError(
  'ValidationError',
  `1 validation error detected: Value '${value}' at '${parameter}' failed to satisfy constraint`
  + (constraint === undefined ? '' : `: ${constraint}`),
);
