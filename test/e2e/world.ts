import type { CdkCli } from './cdk-cli';
import type { LocalAws } from './local-aws';
import type { Sample } from './sample';
import type { OrganizationEndpoint } from '../support/organization-endpoint';

/** The surroundings to which every app is deployed. */
export interface World {
  readonly aws: LocalAws;
  readonly cdk: CdkCli;
  /** EC2 of every account and Region, and what a hub needs of an organization. */
  readonly ec2: OrganizationEndpoint;
  readonly sample: Sample;
}
