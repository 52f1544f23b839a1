/** Tests what counts as proof that a service is not available in a Region. */
import dns from 'node:dns';
import { groupHolders } from '../../../lambda/aws/holders';
import { isNoAddress } from '../../../lambda/aws/holders/no-address';
import { Pacer } from '../../../lambda/aws/pacing';

const lookup = (hostname: string, code = 'ENOTFOUND', syscall = 'getaddrinfo'): Error =>
  Object.assign(new Error(`${syscall} ${code} ${hostname}`), { code, syscall, hostname });

it.each([
  'apprunner.eu-north-1.amazonaws.com', 'dax.cn-north-1.amazonaws.com.cn', 'api.sagemaker.eu-north-1.amazonaws.com',
])('a name of AWS that does not exist is: %s', hostname => {
  expect(isNoAddress(lookup(hostname))).toBe(true);
});

it.each<[string, unknown]>([
  ['a name that someone has configured', lookup('apprunner.internal.example')],
  ['a name that only looks like one of AWS', lookup('amazonaws.com.example')],
  ['a dual-stack name', lookup('kafka.eu-north-1.api.aws')],
  ['a dual-stack name in China', lookup('kafka.cn-north-1.api.amazonwebservices.com.cn')],
  ['a FIPS name', lookup('lambda-fips.eu-north-1.amazonaws.com')],
  ['a FIPS name of another form', lookup('fips.batch.eu-north-1.amazonaws.com')],
  ['a FIPS name of a third form', lookup('api-fips.sagemaker.eu-north-1.amazonaws.com')],
  ['the name of EC2, which is in every Region', lookup('ec2.eu-north-1.amazonaws.com')],
  ['a resolver that does not answer', lookup('apprunner.eu-north-1.amazonaws.com', 'EAI_AGAIN')],
  ['a connection that is refused', lookup('apprunner.eu-north-1.amazonaws.com', 'ECONNREFUSED', 'connect')],
  ['an error without a name', Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
  ['a denial', Object.assign(new Error('no'), { name: 'AccessDeniedException' })],
  ['no error', undefined],
])('%s is not', (_, error) => {
  expect(isNoAddress(error)).toBe(false);
});

describe('a check of a service whose name cannot be found', () => {
  const held = (isInVpc: boolean): Promise<unknown> =>
    groupHolders({ isInVpc, pacer: new Pacer() }).held('appRunnerConnectors');
  const { env } = process;

  beforeEach(() => {
    process.env = {
      ...env, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: 'http://no-such-host.invalid',
    };
  });
  afterEach(() => {
    process.env = env;
  });

  it.each([[true, false], [false, true]])('holds nothing outside a VPC, and fails in one: in a VPC %s', async (isInVpc, isKnown) => {
    delete process.env.AWS_ENDPOINT_URL;
    const asked: string[] = [];
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, _: unknown, done: (error: Error) => void) => {
      asked.push(name);
      done(lookup(name));
    }) as never);
    try {
      const outcome = await held(isInVpc).then(() => true, () => false);
      expect(outcome).toBe(isKnown);
      // One answer could be wrong.
      expect(asked).toEqual(Array.from({ length: 4 }, () => 'apprunner.eu-central-1.amazonaws.com'));
    } finally {
      jest.restoreAllMocks();
    }
  });

  it.each(['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'])('fails if it was to use other names: %s', async variable => {
    delete process.env.AWS_ENDPOINT_URL;
    process.env[variable] = 'true';
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, _: unknown, done: (error: Error) => void) => {
      done(lookup(name));
    }) as never);
    try {
      await expect(held(false)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it.each([true, false])('fails if its address was configured, in a VPC or not: %s', async isInVpc => {
    await expect(held(isInVpc)).rejects.toThrow();
  });
});
