/** Who makes a recorded call: the fields of a record that tell it. The shapes are those of public records. */
import { ACCOUNT } from '../builders';

export interface Caller {
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly sessionCredentialFromConsole?: string;
}

function sessionOf(role: string, session: string): Readonly<Record<string, unknown>> {
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEID:${session}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
    accountId: ACCOUNT,
    accessKeyId: 'ASIAEXAMPLEKEYID',
    sessionContext: {
      sessionIssuer: {
        type: 'Role', principalId: 'AROAEXAMPLEID', arn: `arn:aws:iam::${ACCOUNT}:role/${role}`, accountId: ACCOUNT, userName: role,
      },
      webIdFederationData: {},
      attributes: { creationDate: '2025-12-31T23:12:01Z', mfaAuthenticated: 'false' },
    },
  };
}

/** A person in the console, whose browser is the user agent. */
export const CONSOLE: Caller = {
  userIdentity: sessionOf('AWSReservedSSO_Network_0123456789abcdef', 'mary.major@example.com'),
  sourceIPAddress: '198.51.100.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36',
  sessionCredentialFromConsole: 'true',
};

/** A person in the console, as older records have it. */
export const OLD_CONSOLE: Caller = {
  userIdentity: {
    type: 'IAMUser', principalId: 'AIDAEXAMPLEID', arn: `arn:aws:iam::${ACCOUNT}:user/mary`, accountId: ACCOUNT,
    accessKeyId: 'ASIAEXAMPLEKEYID', userName: 'mary',
    sessionContext: { attributes: { mfaAuthenticated: 'true', creationDate: '2025-12-31T23:12:01Z' } },
  },
  sourceIPAddress: '198.51.100.7',
  userAgent: 'console.ec2.amazonaws.com',
};

/** The console behind a proxy of AWS. */
export const INTERNAL_CONSOLE: Caller = {
  ...CONSOLE, sourceIPAddress: 'AWS Internal', userAgent: 'AWS Internal',
};

/** An IAM user with the AWS CLI. */
export const CLI: Caller = {
  userIdentity: {
    type: 'IAMUser', principalId: 'AIDAEXAMPLEID', arn: `arn:aws:iam::${ACCOUNT}:user/mary`, accountId: ACCOUNT,
    accessKeyId: 'AKIAEXAMPLEKEYID', userName: 'mary',
  },
  sourceIPAddress: '198.51.100.7',
  userAgent: 'aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.13.7 cfg/retry-mode#standard md/command#ec2.authorize-security-group-ingress',
};

/** CloudFormation, in the session of the pipeline that deploys. */
export const CLOUDFORMATION: Caller = {
  userIdentity: { ...sessionOf('Deploying', 'pipeline'), invokedBy: 'cloudformation.amazonaws.com' },
  sourceIPAddress: 'cloudformation.amazonaws.com',
  userAgent: 'cloudformation.amazonaws.com',
};

export const TERRAFORM: Caller = {
  userIdentity: sessionOf('Terraform', 'aws-go-sdk-1735686000000000000'),
  sourceIPAddress: '198.51.100.9',
  userAgent: 'APN/1.0 HashiCorp/1.0 Terraform/1.9.8 terraform-provider-aws/5.75.0 aws-sdk-go-v2/1.32.4 ua/2.1 os/linux lang/go#1.23.3',
};

/** Packer, which HashiCorp makes, too. */
export const PACKER: Caller = {
  ...CLI,
  userAgent: 'APN/1.0 HashiCorp/1.0 packer-plugin-amazon/1.2.1 (+https://www.packer.io/docs/builders/amazon) Packer/1.9.4 (+https://www.packer.io) aws-sdk-go/1.44.114 (go1.20.7; linux; amd64)',
};

export const ROOT: Caller = {
  userIdentity: {
    type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, accessKeyId: 'ASIAEXAMPLEKEYID',
    sessionContext: { attributes: { mfaAuthenticated: 'true', creationDate: '2025-12-31T23:12:01Z' } },
  },
  sourceIPAddress: '198.51.100.7',
  userAgent: 'console.ec2.amazonaws.com',
};

/** A service of AWS that acts on its own. It has no ARN. */
export const SERVICE: Caller = {
  userIdentity: { type: 'AWSService', invokedBy: 'elasticmapreduce.amazonaws.com' },
  sourceIPAddress: 'elasticmapreduce.amazonaws.com',
  userAgent: 'elasticmapreduce.amazonaws.com',
};

/** A Lambda function, such as that of the construct itself. */
export function functionCaller(role: string, functionName: string): Caller {
  return {
    userIdentity: sessionOf(role, functionName),
    sourceIPAddress: '203.0.113.80',
    userAgent: 'aws-sdk-js/3.1000.0 ua/2.1 os/linux#5.10 lang/js md/nodejs#24.0.0 api/ec2#3.1000.0 exec-env/AWS_Lambda_nodejs24.x m/E',
  };
}
