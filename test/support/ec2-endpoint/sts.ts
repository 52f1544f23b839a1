/**
 * STS's GetCallerIdentity and AssumeRole. The credentials of a role are recognized in all calls after that.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { assumedRole, type Caller, type Callers } from './callers';
import type { Answer } from './protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

/** A role that may be assumed. */
export interface TrustedRole {
  readonly roleArn: string;
  /** The external id that the trust policy asks for. */
  readonly externalId?: string;
}

/** Nobody can be denied this call. */
export const getCallerIdentity = ({ account, arn, userId }: Caller): Answer =>
  ({ Arn: arn, UserId: userId, Account: account });

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

/** The default duration of a session. */
const SESSION_MILLIS = 3_600_000;

/**
 * @param trusted the roles that the caller may assume; empty: any
 * @throws when STS would refuse the call
 */
export function assumeRole(
  { RoleArn, RoleSessionName, ExternalId }: Parameters, trusted: readonly TrustedRole[],
  { caller, callers }: { readonly caller: Caller; readonly callers: Callers },
): Answer {
  const [roleArn, sessionName] = [text(RoleArn) ?? '', text(RoleSessionName) ?? ''];
  const [, account, role] = ROLE_ARN.exec(roleArn) ?? [];
  if (account === undefined) throw invalid('roleArn', roleArn);
  if (!SESSION_NAME.test(sessionName)) throw invalid('roleSessionName', sessionName);
  const externalId = text(ExternalId);
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) throw invalid('externalId', externalId);
  const isTrusted = trusted.length === 0
    || trusted.some(each => each.roleArn === roleArn && (each.externalId ?? externalId) === externalId);
  if (!isTrusted) {
    throw new ServiceError(
      'AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, 403,
    );
  }
  const assumed = assumedRole(account, role, sessionName);
  const { accessKeyId, secretAccessKey, sessionToken } = callers.issue(assumed);
  return {
    AssumedRoleUser: { Arn: assumed.arn, AssumedRoleId: assumed.userId },
    Credentials: {
      AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken,
      Expiration: new Date(Date.now() + SESSION_MILLIS),
    },
  };
}

const invalid = (parameter: string, value: string): ServiceError =>
  new ServiceError('ValidationError', `1 validation error detected: Value '${value}' at '${parameter}' failed to satisfy constraint`);
