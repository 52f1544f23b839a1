import { types } from 'node:util';

/** An answer that lacks what is needed, or holds what was not asked for: something could not be looked at. */
export class UnusableAnswer<T = unknown> extends Error {
  public readonly name = 'UnusableAnswer';

  /** @param usable what of the answer can be used all the same */
  constructor(message: string, public readonly usable: readonly T[]) {
    super(message);
  }
}

/** Hands over what an answer holds; of an unusable one the usable part, before its error is thrown on. */
export async function takeUsable<T>(answer: Promise<readonly T[]>, take: (item: T) => void): Promise<void> {
  try {
    (await answer).forEach(take);
  } catch (error) {
    if (error instanceof UnusableAnswer) (error as UnusableAnswer<T>).usable.forEach(take);
    throw error;
  }
}

/**
 * What an error says, in the few fields that are safe to log: never the error itself, which may hold a request or an
 * answer.
 */
export interface ErrorFacts {
  /** AWS's error code, such as `RequestLimitExceeded`. */
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  /** How often the call was sent. More than once means that an earlier attempt may have had its effect. */
  readonly attempts?: number;
}

export function errorFacts(error: unknown): ErrorFacts {
  // An error of one of Node's own modules is none of this realm where tests run in a realm of their own.
  if (!(error instanceof Error || types.isNativeError(error))) {
    return {
      code: 'Unknown',
      message: typeof error === 'object' && error !== null ? 'something that is no error was thrown' : String(error),
    };
  }
  const metadata =
    '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
  return {
    // Network errors have a code and a generic name, AWS's have a telling name.
    code: error.name === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : error.name,
    message: error.message || error.name,
    requestId: 'requestId' in metadata && typeof metadata.requestId === 'string' ? metadata.requestId : undefined,
    attempts: 'attempts' in metadata && typeof metadata.attempts === 'number' ? metadata.attempts : undefined,
  };
}

/** Whether EC2 said that a rule, or the group it was in, does not exist. */
export const isNotFound = ({ code }: ErrorFacts): boolean =>
  /^Invalid(SecurityGroupRuleId|Permission|Group|GroupId|SecurityGroupID)\.NotFound$/.test(code);

/** The code of the error for an item of the ledger that cannot be read. */
export const UNREADABLE_ITEM = 'UnreadableItem';

/**
 * Whether the ledger's error is about one item, which it cannot read or does not take; what it says of others still
 * holds.
 */
export const isAboutOneItem = ({ code }: ErrorFacts): boolean =>
  code === UNREADABLE_ITEM || code === 'ValidationException' || code === 'ItemCollectionSizeLimitExceededException';

/** Whether nobody answered. */
export const isUnreachable = ({ code }: ErrorFacts): boolean => /^(TimeoutError|E[A-Z_]{4,})$/.test(code);

/** The name of the error that ends a wait or a call when the function's time ends. */
export const OUT_OF_TIME: ReadonlySet<string> = new Set(['OutOfTime', 'AbortError']);

/** Whether there were too many calls. */
export const isThrottled = ({ code }: ErrorFacts): boolean => /^RequestLimitExceeded$|Throttl/.test(code);

/** Whether an error says nothing about any place, so that a smaller call would meet it, too. */
export const isAboutNoPlace = (error: unknown): boolean => {
  const facts = errorFacts(error);
  return isThrottled(facts) || isUnreachable(facts);
};

/** Whether trying again can not help: the call itself is refused. */
export const isDenied = ({ code }: ErrorFacts): boolean =>
  /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthorizationErrorException|NotAuthorizedFor\w+Exception|AuthFailure|OptInRequired|OperationNotPermitted|InvalidClientTokenId|UnrecognizedClientException|ExpiredToken|Blocked)$/.test(
    code,
  );
