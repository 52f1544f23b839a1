/**
 * The access keys of callers, and what AWS answers to a key that it does not accept.
 *
 * Every key is of one role of the account, unless STS has issued it for another role or a test has it refused.
 * Signatures are not checked, and a request without one is accepted, too.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Regions } from './regions';
import type { SessionPolicy } from './session-policy';
import { signerOf } from '../endpoint/requests';
import { ServiceError } from '../endpoint/service-error';

export interface Caller {
  readonly account: string;
  /** The ARN of the session. */
  readonly arn: string;
  readonly userId: string;
  readonly roleArn: string;
  /** Absent: the session may do whatever its role may. */
  readonly sessionPolicy?: SessionPolicy;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * - `unknown`: there is no such access key, or the session token is not that of the key
 * - `expired`: the session token has expired
 * - `wrongSecret`: the signature was made with another secret
 */
export type KeyProblem = 'unknown' | 'expired' | 'wrongSecret';

/** `closed`: the account of the key is closed. */
type Problem = KeyProblem | 'closed';

/** The code and the status of each problem in a protocol. */
export type KeyErrors = Readonly<Record<Problem, readonly [code: string, status: number]>>;

/** @see https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html */
export const EC2_KEY_ERRORS: KeyErrors = {
  unknown: ['AuthFailure', 401], expired: ['RequestExpired', 400], wrongSecret: ['AuthFailure', 401],
  closed: ['OptInRequired', 401],
};

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export const QUERY_KEY_ERRORS: KeyErrors = {
  unknown: ['InvalidClientTokenId', 403], expired: ['ExpiredToken', 403], wrongSecret: ['SignatureDoesNotMatch', 403],
  closed: ['InvalidClientTokenId', 403],
};

/** @see https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html */
export const JSON_KEY_ERRORS: KeyErrors = {
  unknown: ['UnrecognizedClientException', 403], expired: ['ExpiredTokenException', 403],
  wrongSecret: ['InvalidSignatureException', 403], closed: ['UnrecognizedClientException', 403],
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const S3_KEY_ERRORS: KeyErrors = {
  unknown: ['InvalidAccessKeyId', 403], expired: ['ExpiredToken', 400], wrongSecret: ['SignatureDoesNotMatch', 403],
  closed: ['InvalidAccessKeyId', 403],
};

/** The role of every caller who has not assumed another one. */
const ROLE = 'Developer';
const SESSION = 'tests';

interface Issued extends TemporaryCredentials {
  readonly caller: Caller;
}

export class Callers {
  private readonly issued = new Map<string, Issued>();
  private readonly refused = new Map<string, KeyProblem>();
  private readonly keys = new Map<string, Caller>();

  /**
   * @param account the one of every key that no other is known for
   * @param isClosed whether an account is closed
   */
  constructor(
    private readonly account: string, private readonly regions: Regions,
    private readonly isClosed: (account: string) => boolean,
  ) {}

  /** Makes an access key one of a role. */
  public add(accessKeyId: string, caller: Caller): void {
    this.keys.set(accessKeyId, caller);
  }

  public refuse(accessKeyId: string, problem: KeyProblem): void {
    this.refused.set(accessKeyId, problem);
  }

  /** Ends all sessions of the account that STS has issued so far. */
  public expire(account: string): void {
    for (const { accessKeyId, caller } of this.issued.values()) {
      if (caller.account === account) this.refuse(accessKeyId, 'expired');
    }
  }

  /** Issues temporary credentials. STS's keys begin with ASIA, and its session tokens have no fixed length. */
  public issue(caller: Caller): TemporaryCredentials {
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(240).toString('base64'),
    };
    this.issued.set(credentials.accessKeyId, { ...credentials, caller });
    return credentials;
  }

  public callerOf(headers: IncomingHttpHeaders): Caller {
    const { accessKeyId = '' } = signerOf({ headers }) ?? {};
    return this.issued.get(accessKeyId)?.caller ?? this.keys.get(accessKeyId) ?? this.developer();
  }

  /** Returns the error for a key that is not accepted, if it is not. */
  public refusalOf(headers: IncomingHttpHeaders, errors: KeyErrors): ServiceError | undefined {
    const problem = this.problemOf(headers);
    if (problem === undefined) return undefined;
    const [code, status] = errors[problem];
    return new ServiceError(code, messageOf(code, headers), status);
  }

  private problemOf(headers: IncomingHttpHeaders): Problem | undefined {
    const { accessKeyId = '', region = '' } = signerOf({ headers }) ?? {};
    const { account } = this.callerOf(headers);
    if (!this.regions.isUsable({ account, region })) return 'unknown';
    const issued = this.issued.get(accessKeyId);
    const isOther = issued !== undefined && headers['x-amz-security-token'] !== issued.sessionToken;
    return this.refused.get(accessKeyId) ?? (isOther ? 'unknown' : this.isClosed(account) ? 'closed' : undefined);
  }

  private developer(): Caller {
    return sessionOf(`arn:aws:iam::${this.account}:role/${ROLE}`, SESSION);
  }
}

/** Returns the caller who has assumed a role. The ARN of a session has the role's name without its path. */
export function sessionOf(roleArn: string, session: string, sessionPolicy?: SessionPolicy): Caller {
  const [account, role] = [roleArn.split(':')[4], roleArn.split('/').at(-1)];
  return {
    account, arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`, userId: `AROA2EXAMPLE:${session}`, roleArn,
    sessionPolicy,
  };
}

/** Returns the message of a code. The one about a signature quotes the request, and so the session token. */
function messageOf(code: string, headers: IncomingHttpHeaders): string {
  switch (code) {
    case 'AuthFailure': return 'AWS was not able to validate the provided access credentials';
    case 'RequestExpired': return 'Request has expired.';
    case 'ExpiredToken':
    case 'ExpiredTokenException': return 'The security token included in the request is expired';
    case 'SignatureDoesNotMatch':
    case 'InvalidSignatureException': return signatureMessage(headers);
    case 'OptInRequired': return 'You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.';
    default: return 'The security token included in the request is invalid.';
  }
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
function signatureMessage(headers: IncomingHttpHeaders): string {
  const quoted = ['host', 'x-amz-date', 'x-amz-security-token']
    .flatMap(name => headers[name] === undefined ? [] : [`${name}:${String(headers[name])}`]);
  return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access '
    + 'Key and signing method. Consult the service documentation for details.\n\n'
    + `The Canonical String for this request should have been\n'POST\n/\n\n${quoted.join('\n')}\n\n'`;
}
