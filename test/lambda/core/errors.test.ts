import { errorFacts, isDenied, isNotFound } from '../../../lambda/core/errors';
import { awsError } from '../../support/aws-error';

describe('the facts of an error', () => {
  test('of AWS are its code, its message, its request and its attempts', () => {
    expect(errorFacts(awsError('RequestLimitExceeded', 'Too fast.', { attempts: 3, requestId: 'request-1' }))).toEqual({
      code: 'RequestLimitExceeded', message: 'Too fast.', requestId: 'request-1', attempts: 3,
    });
  });

  test('of the network have the code that Node gives them', () => {
    expect(errorFacts(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toEqual({
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED',
    });
  });

  test('of a telling name have that name, whatever their code', () => {
    expect(errorFacts(Object.assign(new Error('slow'), { name: 'TimeoutError', code: 'ETIMEDOUT' })).code).toBe(
      'TimeoutError',
    );
  });

  test('of the language have their kind as the code', () => {
    expect(errorFacts(new TypeError('x is not a function'))).toEqual({
      code: 'TypeError',
      message: 'x is not a function',
    });
  });

  test('of the plainest kind have the code Error', () => {
    expect(errorFacts(new Error('broken'))).toEqual({ code: 'Error', message: 'broken' });
    expect(errorFacts(Object.assign(new Error('broken'), { code: 7 })).code).toBe('Error');
  });

  test('without a message have their name for one', () => {
    expect(errorFacts(awsError('AuthFailure', '')).message).toBe('AuthFailure');
  });

  test.each([[undefined], [null], ['none'], [7], [{}], [{ requestId: 7, attempts: '3' }]])(
    'leave out metadata that are not what they should be: %p',
    $metadata => {
      const facts = errorFacts(Object.assign(new Error('broken'), { $metadata }));
      expect(facts).toEqual({ code: 'Error', message: 'broken', requestId: undefined, attempts: undefined });
    },
  );

  test.each([
    ['broken', 'broken'],
    [7, '7'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('of something else that was thrown (%p) are its text', (thrown, message) => {
    expect(errorFacts(thrown)).toEqual({ code: 'Unknown', message });
  });

  test('of an object that was thrown do not hold what is in it', () => {
    expect(JSON.stringify(errorFacts({ name: 'LooksLikeAnError', message: 'hidden' }))).not.toContain('hidden');
  });

  test('do not hold the request, the answer or the stack', () => {
    const error = Object.assign(awsError('AuthFailure', 'No.'), {
      $response: { body: 'hidden' },
      $fault: 'client',
      request: { headers: { authorization: 'hidden' } },
      cause: new Error('hidden'),
    });
    expect(Object.keys(errorFacts(error)).sort()).toEqual(['attempts', 'code', 'message', 'requestId']);
    expect(JSON.stringify(errorFacts(error))).not.toContain('hidden');
  });
});

describe('says that there is no such rule or group:', () => {
  test.each([
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidPermission.NotFound',
    'InvalidGroup.NotFound',
    'InvalidGroupId.NotFound',
    'InvalidSecurityGroupID.NotFound',
  ])('%s', code => {
    expect(isNotFound({ code, message: '' })).toBe(true);
  });

  test.each([
    'InvalidVpcID.NotFound',
    'InvalidGroup.Duplicate',
    'InvalidSecurityGroupRuleId.Malformed',
    'NotFound',
    'XInvalidGroup.NotFound',
    'InvalidGroup.NotFoundX',
    'InvalidGroupXNotFound',
    'UnauthorizedOperation',
    '',
  ])('not "%s"', code => {
    expect(isNotFound({ code, message: 'InvalidGroup.NotFound' })).toBe(false);
  });
});

describe('says that the call is refused, now and again:', () => {
  test.each([
    'UnauthorizedOperation',
    'AccessDenied',
    'AccessDeniedException',
    'AuthorizationErrorException',
    'NotAuthorizedForSourceException',
    'AuthFailure',
    'OptInRequired',
    'OperationNotPermitted',
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'ExpiredToken',
    'Blocked',
  ])('%s', code => {
    expect(isDenied({ code, message: '' })).toBe(true);
  });

  test.each([
    'RequestLimitExceeded',
    'InternalError',
    'Unavailable',
    'InvalidGroup.NotFound',
    'XAuthFailure',
    'AuthFailureX',
    'Error',
    '',
  ])('not "%s"', code => {
    expect(isDenied({ code, message: 'AuthFailure' })).toBe(false);
  });
});
