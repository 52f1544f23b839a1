/**
 * The facts about AWS Security Hub that the constructs and the handler share: the one action, and the product whose
 * findings it imports.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html
 */
import { Configuration } from './configuration';
import { Place } from './organization';

const IMPORT = 'securityhub:BatchImportFindings';

/**
 * The IAM actions that importing findings needs.
 *
 * @param configuration encoded or decoded
 */
export const securityHubActions = ({ securityHub }: Pick<Configuration, 'securityHub'>): string[] =>
  securityHub ? [IMPORT] : [];

/** An account and a Region of it, with their partition. */
export interface HubPlace extends Place {
  readonly partition: string;
}

/** Returns the ARN of the product that Security Hub has in each account and Region for findings of its own programs. */
export const productArn = ({ partition, account, region }: HubPlace): string =>
  `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
