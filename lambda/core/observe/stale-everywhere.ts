/**
 * Looks for stale rules in every VPC of the account and Region. EC2 is asked only where the rules do not prove that
 * none is stale, and about some of the others, so that a proof that is wrong is noticed.
 */
import { allCandidates, associatedVpcs, candidatesOf, References } from './candidates';
import { type Inventory, readInventory } from './inventory';
import { readNamed } from './named-groups';
import { type GroupPlace, readRulesOfGroups, scanError, type Unread } from './reading';
import { readStaleRules, type StaleReading, type StaleScope } from './stale-rules';
import { checksOf, doubtedVpcs, isSuspended } from '../checks/proofs';
import { type ErrorFacts, errorFacts } from '../errors';
import type { ProofMemory } from '../model/ledger';
import type { GroupAssociation, SecurityGroupRule } from '../model/network';
import type { CandidateReason, Listing, ProofReading, ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface ProvedReading extends StaleReading {
  readonly proofs: ProofReading;
}

/** The facts that decide which of the provable VPCs are read. */
export interface Remembering {
  readonly now: Date;
  readonly scheduleSeconds?: number;
  /** It is read while the network is. */
  readonly memory: Promise<ProofMemory>;
  /** Called as soon as groups and rules were listed. */
  readonly onListing?: (listing: Listing) => void;
}

/** Reads all groups and rules, and finds out what they prove. */
export class Proving {
  static async begin(scope: StaleScope, network: NetworkReader): Promise<Proving> {
    const failures: ScanError[] = [];
    const fail = (doing: string) => (error: ErrorFacts): void => void failures.push(scanError(doing, error));
    // Groups come first, so that each listed group is older than all that is read about it.
    const inventory = await readInventory(scope.vpcIds, network, fail('reading all security groups and rules'));
    const associations = await network.groupAssociations().catch(error => {
      fail('reading the associations of security groups with VPCs')(errorFacts(error));
      return undefined;
    });
    return new Proving(scope, network, inventory, associations, failures);
  }

  private readonly references: References;
  private readonly unreadRules: GroupPlace[] = [];
  private areRulesRead = false;

  private constructor(
    private readonly scope: StaleScope,
    private readonly network: NetworkReader,
    readonly inventory: Inventory,
    private readonly associations: readonly GroupAssociation[] | undefined,
    /** Errors because of which more VPCs are read than necessary. */
    private readonly failures: ScanError[],
  ) {
    this.references = new References({ groups: inventory.groups, accountId: scope.accountId }, inventory.vpcOf);
  }

  /** Reads the rules of groups for another check. All other rules are read with them, for the proof. */
  async readRules(
    wanted: readonly GroupPlace[], onRule: (rule: SecurityGroupRule) => void,
  ): Promise<Unread<GroupPlace>> {
    const ids = new Set(wanted.map(({ groupId }) => groupId));
    this.areRulesRead = true;
    const isListed = await this.inventory.listRules(rule => {
      this.references.take(rule);
      if (ids.has(rule.groupId)) onRule(rule);
    });
    if (isListed) return { unread: [], errors: [] };
    // The others are read apart, so that an error there does not affect those that are wanted.
    const others = [...this.inventory.groups.values()].filter(({ groupId }) => !ids.has(groupId));
    const [own, rest] = await Promise.all([
      readRulesOfGroups(wanted, this.network, rule => {
        this.references.take(rule);
        onRule(rule);
      }),
      readRulesOfGroups(others, this.network, this.references.take),
    ]);
    this.unreadRules.push(...own.unread, ...rest.unread);
    return own;
  }

  /** Reads the rules, unless another check has read them, and looks for stale ones where they prove nothing. */
  async finish({ now, scheduleSeconds, memory: remembered, onListing }: Remembering): Promise<ProvedReading> {
    if (!this.areRulesRead) await this.readRules([], () => undefined);
    onListing?.(this.listing);
    const memory = await remembered;
    const unknown = await this.unknownVpcs();
    const candidates = this.candidates(memory, unknown, now);
    const provable = this.scope.vpcIds.filter(vpcId => !candidates.has(vpcId));
    const { vpcIds: checked, oldestAgeSeconds } = checksOf(provable, memory.proofs, { now, scheduleSeconds });
    const stale = await this.ask([...candidates.keys(), ...checked]);
    const about = { checked, doubtful: this.doubtful(memory, unknown), failures: this.failures };
    const named = staleVpcsOf(stale);
    const wrong = new Set([...checked].filter(vpcId => named.has(vpcId)));
    const rest = provable.filter(vpcId => !checked.has(vpcId));
    if (wrong.size > 0) {
      // Other proofs may be wrong, too.
      const whole = await this.ask(rest, stale);
      const suspended = allCandidates(rest, 'SUSPENDED');
      return {
        ...whole, errors: [...whole.errors, ...[...wrong].map(proofFailed)],
        proofs: {
          ...about, wrong, candidates: new Map([...candidates, ...suspended]), proved: new Set(),
          oldestCheckAgeSeconds: 0,
        },
      };
    }
    const proved = new Set(rest);
    return {
      ...withProved(stale, proved),
      proofs: { ...about, candidates, wrong, proved, oldestCheckAgeSeconds: oldestAgeSeconds },
    };
  }

  private get listing(): Listing {
    const associatedGroups = this.associations && new Set(this.associations.map(({ groupId }) => groupId));
    return { ...this.inventory.listed(), associatedGroups };
  }

  private candidates(
    memory: ProofMemory, unknown: readonly string[] | undefined, now: Date,
  ): ReadonlyMap<string, CandidateReason> {
    const { scope: { vpcIds, owners, accountId }, inventory: { groups, vpcOf }, associations } = this;
    if (memory.error) this.failures.push(scanError(READING_MEMORY, memory.error));
    if (memory.error || isSuspended(memory.proofs, now)) return allCandidates(vpcIds, 'SUSPENDED');
    const unread = this.unreadVpcs();
    if (associations === undefined || unknown === undefined || unread === undefined) {
      return allCandidates(vpcIds, 'UNREAD');
    }
    return candidatesOf({
      vpcIds, owners, accountId, groups, vpcOf, associations, unread,
      referring: new Set([...this.references.vpcIds, ...unknown]),
      openVpcIds: this.openVpcs(memory),
      doubted: doubtedVpcs(memory.proofs),
    });
  }

  private doubtful(memory: ProofMemory, unknown: readonly string[] = []): Set<string> {
    const { inventory: { vpcOf }, associations = [] } = this;
    return new Set([
      ...this.references.vpcIds, ...unknown, ...associatedVpcs({ associations, vpcOf }), ...this.openVpcs(memory),
    ]);
  }

  private openVpcs({ openVpcIds, openGroupIds }: ProofMemory): Set<string> {
    const ofGroups = [...openGroupIds].flatMap(groupId => this.inventory.vpcOf.get(groupId) ?? []);
    return new Set([...openVpcIds, ...ofGroups]);
  }

  /** @returns undefined if rules that could not be read may be in any VPC */
  private unreadVpcs(): Set<string> | undefined {
    const { unreadGroups, vpcOf } = this.inventory;
    const ofRules = this.unreadRules.map(({ groupId, vpcId }) => vpcId ?? vpcOf.get(groupId));
    if (ofRules.includes(undefined)) return undefined;
    return new Set([...unreadGroups.unread.map(({ vpcId }) => vpcId), ...ofRules.flatMap(vpcId => vpcId ?? [])]);
  }

  /**
   * Returns the VPCs of groups that have rules and were not listed, because someone has just created them, or EC2 does
   * not show them. @returns undefined if such a group may be in any VPC
   */
  private async unknownVpcs(): Promise<readonly string[] | undefined> {
    const { groups, unread, errors } = await readNamed([...this.references.unknownGroupIds], this.network);
    this.failures.push(...errors);
    const vpcIds = [...groups.values()].map(({ vpcId }) => vpcId);
    if (unread.size > 0 || vpcIds.includes(undefined)) return undefined;
    return vpcIds.flatMap(vpcId => vpcId ?? []);
  }

  /** @param earlier a reading of other VPCs, which becomes part of this one */
  private ask(vpcIds: readonly string[], earlier?: StaleReading): Promise<StaleReading> {
    return readStaleRules({ ...this.scope, vpcIds }, this.network, earlier);
  }
}

const READING_MEMORY = 'reading from the ledger which VPCs were covered by proof';

/** Returns the VPCs for which EC2 named a stale rule. */
export const staleVpcsOf = ({ stale }: Pick<StaleReading, 'stale'>): Set<string> =>
  new Set(stale.flatMap(({ vpcId, otherVpcIds = [] }) => [vpcId, ...otherVpcIds]));

/**
 * A VPC that is covered by proof was looked at. But a proof closes no finding: only EC2 says that a rule is no longer
 * stale, so its VPC counts as one that could not be read.
 */
function withProved(stale: StaleReading, proved: ReadonlySet<string>): StaleReading {
  const { coverage, sawAny } = stale;
  const { unreadVpcIds } = coverage;
  return {
    ...stale,
    coverage: { ...coverage, unreadVpcIds: unreadVpcIds && new Set([...unreadVpcIds, ...proved]) },
    sawAny: sawAny || proved.size > 0,
  };
}

/** The code of the error for a VPC in which a rule is stale although the rules proved that none is. */
export const PROOF_FAILED = 'PROOF_FAILED';

function proofFailed(vpcId: string): ScanError {
  const message = 'EC2 calls a rule of the VPC stale, although all rules that EC2 listed refer to groups of the same VPC. '
    + 'Every VPC is read for a week. Report this as a bug, with the rule';
  return scanError('checking the proof that a VPC has no stale rules', { code: PROOF_FAILED, message }, { vpcId });
}
