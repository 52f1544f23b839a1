import type { CdkCli } from './cdk-cli';
import type { LocalAws } from './local-aws';
import type { Sample } from './sample';
import type { Ec2Endpoint } from '../support/ec2-endpoint';

/** What every example is deployed to. */
export interface World {
  readonly aws: LocalAws;
  readonly cdk: CdkCli;
  readonly ec2: Ec2Endpoint;
  readonly sample: Sample;
}
