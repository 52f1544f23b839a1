import { types } from 'node:util';

/**
 * A response that lacks required data or contains something that was not asked for. Something could not be looked at.
 */
export class UnusableAnswer<T = unknown> extends Error {
  public readonly name = 'UnusableAnswer';

  /** @param usable the usable part of the response */
  constructor(message: string, public readonly usable: readonly T[]) {
    super(message);
  }
}

/**
 * Passes on the items of a response. If the response is unusable, it passes on the usable part, and then throws the
 * error.
 */
export async function takeUsable<T>(answer: Promise<readonly T[]>, take: (item: T) => void): Promise<void> {
  try {
    (await answer).forEach(take);
  } catch (error) {
    if (error instanceof UnusableAnswer) (error as UnusableAnswer<T>).usable.forEach(take);
    throw error;
  }
}

/**
 * The few fields of an error that are safe to log. The error itself may hold a request or a response.
 */
export interface ErrorFacts {
  /** The AWS error code, such as `RequestLimitExceeded`. */
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  /** How often the call was sent. If more than once, an earlier attempt may have had an effect. */
  readonly attempts?: number;
}

export function errorFacts(error: unknown): ErrorFacts {
  // Under jest, errors from Node.js modules belong to another realm, so instanceof fails for them.
  if (!(error instanceof Error || types.isNativeError(error))) {
    return {
      code: 'Unknown',
      message: typeof error === 'object' && error !== null ? 'a value that is not an error was thrown' : String(error),
    };
  }
  const metadata =
    '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
  return {
    // Network errors have a code and a generic name. AWS errors have a specific name.
    code: error.name === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : error.name,
    message: error.message || error.name,
    requestId: 'requestId' in metadata && typeof metadata.requestId === 'string' ? metadata.requestId : undefined,
    attempts: 'attempts' in metadata && typeof metadata.attempts === 'number' ? metadata.attempts : undefined,
  };
}

/** Whether EC2 said that a rule or its group does not exist. */
export const isNotFound = ({ code }: ErrorFacts): boolean =>
  /^Invalid(SecurityGroupRuleId|Permission|Group|GroupId|SecurityGroupID)\.NotFound$/.test(code);

/** Whether EC2 said that a prefix list does not exist. Documents spell the code in two ways. */
export const isNoPrefixList = ({ code }: ErrorFacts): boolean => /^InvalidPrefixListID\.NotFound$/i.test(code);

/** The code of the error for a ledger item that cannot be read. */
export const UNREADABLE_ITEM = 'UnreadableItem';

/**
 * Whether an error of the ledger concerns one item only, so that other items can still be used.
 */
export const isAboutOneItem = ({ code }: ErrorFacts): boolean =>
  code === UNREADABLE_ITEM || code === 'ValidationException' || code === 'ItemCollectionSizeLimitExceededException';

/** Whether the call got no response. */
export const isUnreachable = ({ code }: ErrorFacts): boolean => /^(TimeoutError|E[A-Z_]{4,})$/.test(code);

/** The names of the errors that end a wait or a call when the function runs out of time. */
export const OUT_OF_TIME: ReadonlySet<string> = new Set(['OutOfTime', 'AbortError']);

/** Whether AWS throttled the call. */
export const isThrottled = ({ code }: ErrorFacts): boolean => /^RequestLimitExceeded$|Throttl/.test(code);

/** Whether an error does not depend on a place, so that a smaller call would fail with it, too. */
export const isAboutNoPlace = (error: unknown): boolean => {
  const facts = errorFacts(error);
  return isThrottled(facts) || isUnreachable(facts);
};

/** Whether Security Hub says that it is off in the account and Region, as an error or about a finding. */
export const isSecurityHubOff = ({ code }: Pick<ErrorFacts, 'code'>): boolean =>
  /^InvalidAccess(Exception)?$/.test(code);

/** Whether the call was denied, so that trying again does not help. */
export const isDenied = ({ code }: ErrorFacts): boolean =>
  /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthorizationErrorException|NotAuthorizedFor\w+Exception|AuthFailure|OptInRequired|OperationNotPermitted|InvalidClientTokenId|UnrecognizedClientException|ExpiredToken|Blocked)$/.test(
    code,
  );
