/**
 * Checks the values of the command line. Each check returns what is wrong and what to give, or undefined if nothing is.
 */

export type Check = (value: string) => string | undefined;

/** EC2's ids have hexadecimal digits. */
const idPattern = (prefix: string): RegExp => new RegExp(`^${prefix}-[0-9a-f]{1,32}$`);

const KINDS_OF_IDS: Readonly<Record<string, string>> = {
  sgr: 'a security group rule',
  sg: 'a security group',
  vpc: 'a VPC',
  pl: 'a prefix list',
};

function id(prefix: 'sgr' | 'vpc'): Check {
  return value => {
    if (idPattern(prefix).test(value)) return undefined;
    const other = Object.keys(KINDS_OF_IDS).find(each => each !== prefix && idPattern(each).test(value));
    const is = other === undefined ? 'it is not' : `it is the id of ${KINDS_OF_IDS[other]}, not`;
    return `${is} the id of ${KINDS_OF_IDS[prefix]}. Give one such as ${prefix}-0123456789abcdef0`;
  };
}

export const securityGroupRuleId = id('sgr');
export const vpcId = id('vpc');

const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

export function region(value: string): string | undefined {
  if (REGION.test(value)) return undefined;
  if (/[,\s]/.test(value)) return 'it has more than one name. Give --region once for each Region';
  const [, zoned] = /^(.+\d)[a-z]$/.exec(value) ?? [];
  if (zoned !== undefined && REGION.test(zoned)) return `it is an Availability Zone. Give its Region, ${zoned}`;
  return 'it is not the name of a Region. Give one such as eu-west-1';
}

const matching = (pattern: RegExp, wrong: string): Check => value => pattern.test(value) ? undefined : wrong;

export const account = matching(/^\d{12}$/, 'it is not an account id. Give its 12 digits, such as 111122223333');

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const roleArn = matching(
  /^arn:aws[\w-]*:iam::\d{12}:role\/[\x21-\x7e]{1,600}$/,
  'it is not the ARN of a role. Give one such as arn:aws:iam::111122223333:role/Auditor',
);

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const externalId = matching(
  /^[\w+=,.@:/-]{2,1224}$/, 'the value is not an external ID. Give 2 to 1224 letters, digits or _ + = , . @ : / -',
);

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const functionName = matching(
  /^[\w.:$-]{1,256}$/, 'it is not the name or the ARN of a function. Give it as the output of the stack has it',
);

/** The same as the alias to approve accepts. */
export const digest = matching(
  /^[0-9a-f]{16}$/, 'it is not a digest. Give the 16 hexadecimal digits as `status` and the event have them',
);

/** The same as the restore alias accepts. */
export const sweepId = matching(
  /^[\w-]{1,100}$/, 'it is not the id of a sweep. Give it as the log and the findings have it',
);
