/** The ARNs in the policies of the roles. */
import { Arn, ArnComponents, ArnFormat, Aws, Resource, Stack } from 'aws-cdk-lib';
import { IVpc } from 'aws-cdk-lib/aws-ec2';
import { productArn } from '../contract/security-hub';

/** Formats an ARN, and fills in the partition, the account and the Region where the components leave them out. */
export type FormatArn = (components: ArnComponents) => string;

/** Fills in the account and the Region of the stack. */
export const inStack = (stack: Stack): FormatArn => components => stack.formatArn(components);

/** Fills in every Region of the account that the policy is deployed to, which may be another one than the stack's. */
export const inEveryRegion: FormatArn = components =>
  Arn.format({ partition: Aws.PARTITION, account: Aws.ACCOUNT_ID, region: '*', ...components });

/**
 * A shared VPC has its owner's account in its ARN. The owner of an imported VPC is unknown, and VPC ids are unique, so
 * the account is a wildcard.
 */
export function vpcArn(format: FormatArn, vpc: IVpc): string {
  if (Resource.isOwnedResource(vpc)) return vpc.vpcArn;
  return format({
    service: 'ec2',
    resource: 'vpc',
    resourceName: vpc.vpcId,
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

export function securityGroupArn(format: FormatArn, securityGroupId: string): string {
  return format({
    service: 'ec2',
    resource: 'security-group',
    resourceName: securityGroupId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** The account is a wildcard, because lists may be shared, and those of AWS belong to the account `aws`. */
export function prefixListArn(format: FormatArn): string {
  return format({
    service: 'ec2',
    resource: 'prefix-list',
    resourceName: '*',
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

export function securityGroupRuleArn(format: FormatArn, securityGroupRuleId: string): string {
  return format({
    service: 'ec2',
    resource: 'security-group-rule',
    resourceName: securityGroupRuleId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** Any stack of the account and Region. */
export function stackArn(format: FormatArn): string {
  return format({
    service: 'cloudformation',
    resource: 'stack',
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** The list of VPC links of the Region. */
export function vpcLinksArn(format: FormatArn): string {
  return format({
    service: 'apigateway',
    resource: '/vpclinks',
    account: '',
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}

/** The Region is a wildcard, because a trail may be made in another one, and the account because of organizations. */
export function trailArn(format: FormatArn): string {
  return format({
    service: 'cloudtrail',
    resource: 'trail',
    resourceName: '*',
    region: '*',
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/**
 * The product of the account in Security Hub.
 *
 * @param region the Region; `*` for every Region
 */
export const ownProductArn = (region: string): string =>
  productArn({ partition: Aws.PARTITION, account: Aws.ACCOUNT_ID, region });
