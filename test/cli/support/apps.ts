/** Apps with NetworkHygiene, as the command line reads them. */
import { type App, Stack, type StackProps } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygiene, type NetworkHygieneProps, StaleRules } from '../../../src';
import { ENV, folderOf } from '../app/apps';

export type Props = NetworkHygieneProps | ((stack: Stack) => NetworkHygieneProps);

/** Revokes stale rules, and SSH from anywhere. */
export const REVOKING: NetworkHygieneProps = {
  staleRules: StaleRules.revoke(),
  flaggedIngressRules: [Peer.anyIpv4(), Peer.anyIpv6()].map(peer => FlaggedIngressRule.inAnyGroup(peer, Port.SSH)),
};

/** Adds a stack with one construct, whose path is `<name of the stack>/NetworkHygiene`. */
export function addStack(app: App, name: string, props: Props, stackProps: StackProps = { env: ENV }): Stack {
  const stack = new Stack(app, name, stackProps);
  new NetworkHygiene(stack, 'NetworkHygiene', typeof props === 'function' ? props(stack) : props);
  return stack;
}

/** Synthesizes an app with the stack `Network`, and returns its folder. */
export const appWith = (props: Props = REVOKING, stackProps?: StackProps): string =>
  folderOf(app => void addStack(app, 'Network', props, stackProps));
