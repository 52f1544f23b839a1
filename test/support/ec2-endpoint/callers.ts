/**
 * The access keys of callers, and what AWS answers to a key that it does not accept.
 *
 * Every key is of one role of the account, unless STS has issued it for another role or a test has it refused.
 * Signatures are not checked, and a request without one is accepted, too.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Network } from './network';
import { signerOf } from '../endpoint/requests';
import { ServiceError } from '../endpoint/service-error';

export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
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

/** The code and the status of each problem in a protocol. */
export type KeyErrors = Readonly<Record<KeyProblem, readonly [code: string, status: number]>>;

/** @see https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html */
export const EC2_KEY_ERRORS: KeyErrors = {
  unknown: ['AuthFailure', 401], expired: ['RequestExpired', 400], wrongSecret: ['AuthFailure', 401],
};

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export const QUERY_KEY_ERRORS: KeyErrors = {
  unknown: ['InvalidClientTokenId', 403], expired: ['ExpiredToken', 403], wrongSecret: ['SignatureDoesNotMatch', 403],
};

/** @see https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html */
export const JSON_KEY_ERRORS: KeyErrors = {
  unknown: ['UnrecognizedClientException', 403], expired: ['ExpiredTokenException', 403],
  wrongSecret: ['InvalidSignatureException', 403],
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
  private readonly disabledRegions = new Set<string>();

  constructor(private readonly network: Network) {}

  public refuse(accessKeyId: string, problem: KeyProblem): void {
    this.refused.set(accessKeyId, problem);
  }

  /** A Region that is not enabled in an account knows none of its keys. */
  public disableRegion(region: string): void {
    this.disabledRegions.add(region);
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
    return this.issued.get(signerOf({ headers })?.accessKeyId ?? '')?.caller ?? this.developer();
  }

  /** Returns the error for a key that is not accepted, if it is not. */
  public refusalOf(headers: IncomingHttpHeaders, errors: KeyErrors): ServiceError | undefined {
    const problem = this.problemOf(headers);
    if (problem === undefined) return undefined;
    const [code, status] = errors[problem];
    return new ServiceError(code, messageOf(code, headers), status);
  }

  private problemOf(headers: IncomingHttpHeaders): KeyProblem | undefined {
    const { accessKeyId = '', region = '' } = signerOf({ headers }) ?? {};
    if (this.disabledRegions.has(region)) return 'unknown';
    const issued = this.issued.get(accessKeyId);
    const isOther = issued !== undefined && headers['x-amz-security-token'] !== issued.sessionToken;
    return this.refused.get(accessKeyId) ?? (isOther ? 'unknown' : undefined);
  }

  private developer(): Caller {
    const { accountId: account } = this.network;
    return assumedRole(account, ROLE, SESSION);
  }
}

/** @param role the name of the role, without its path */
export function assumedRole(account: string, role: string, session: string): Caller {
  return {
    account, arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`, userId: `AROA2EXAMPLE:${session}`,
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
