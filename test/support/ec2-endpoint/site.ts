/** An account and Region as EC2 keeps it: its network, its token buckets, and the rules that it still shows. */
import type { Action, ActionContext } from './actions/context';
import type { Network, SecurityGroupRule } from './network';
import type { Answer } from './protocols';
import { bucketOf, TokenBuckets } from './token-buckets';
import type { Parameters } from '../endpoint/parameters';

export class Site {
  private readonly buckets: TokenBuckets;
  private lingering: SecurityGroupRule[] = [];
  private staleReads = 0;

  constructor(public readonly network: Network, now?: () => number) {
    this.buckets = new TokenBuckets(now);
  }

  /** @returns whether the call has got a token */
  public takeToken(action: string, parameters: Parameters): boolean {
    return this.buckets.take(bucketOf(action, parameters));
  }

  /** Makes the next calls of DescribeSecurityGroupRules still show rules that are revoked from now on. */
  public showRevokedRulesFor(reads: number): void {
    this.staleReads = reads;
  }

  public perform(
    run: Action, { action, parameters, ...context }: Omit<ActionContext, 'network' | 'lingering'> & {
      readonly action: string;
      readonly parameters: Parameters;
    },
  ): Answer {
    const { network } = this;
    const before = this.staleReads > 0 && action.startsWith('Revoke') ? network.snapshot() : [];
    const answer = run(parameters, { ...context, network, lingering: () => this.stillShown() });
    this.lingering.push(...before.filter(({ securityGroupRuleId }) => !network.rules.has(securityGroupRuleId)));
    return answer;
  }

  private stillShown(): SecurityGroupRule[] {
    if (this.lingering.length === 0) return [];
    const shown = this.lingering;
    this.staleReads -= 1;
    if (this.staleReads <= 0) this.lingering = [];
    return shown;
  }
}
