/**
 * Looks for stale rules in every VPC that a run looks at. EC2 is asked only where the rules do not prove that none is
 * stale, and about some of the others, so that a proof that is wrong is noticed.
 */
import { allCandidates, candidatesOf, References } from './candidates';
import { type Inventory, readInventory } from './inventory';
import { readNamed } from './named-groups';
import { type GroupPlace, scanError, type Unread } from './reading';
import { readStaleRules, type StaleReading, type StaleScope } from './stale-rules';
import { checksOf, doubtedVpcs, isSuspended, wrongProofs } from '../checks/proofs';
import { type ErrorFacts, errorFacts } from '../errors';
import type { ProofMemory } from '../model/ledger';
import type { GroupAssociation, SecurityGroupRule } from '../model/network';
import type { CandidateReason, ProofReading, ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface ProvedReading extends StaleReading {
  readonly proofs: ProofReading;
}

/** The facts that decide which of the provable VPCs are read. */
export interface Remembering {
  readonly now: Date;
  readonly scheduleSeconds?: number;
  readonly memory: ProofMemory;
}

/** Reads all groups and rules of the VPCs, and finds out what they prove. */
export class Proving {
  static async begin(scope: StaleScope, network: NetworkReader): Promise<Proving> {
    const failures: ScanError[] = [];
    const fail = (doing: string) => (error: ErrorFacts): void => void failures.push(scanError(doing, error));
    const [inventory, associations] = await Promise.all([
      readInventory(scope, network, fail('reading all security groups and rules')),
      network.groupAssociations().catch(error => {
        fail('reading the associations of security groups with VPCs')(errorFacts(error));
        return undefined;
      }),
    ]);
    const references = new References({ ...inventory, ...scope }, inventory.vpcOf);
    return new Proving(scope, network, inventory, associations, references, failures);
  }

  private unreadRules: Unread<GroupPlace> | undefined;

  private constructor(
    private readonly scope: StaleScope,
    private readonly network: NetworkReader,
    private readonly groups: Inventory,
    private readonly associations: readonly GroupAssociation[] | undefined,
    private readonly references: References,
    /** Errors because of which more VPCs are read than necessary. */
    private readonly failures: ScanError[],
  ) {}

  /** The groups and rules, for another check that needs all of them. */
  get inventory(): Inventory {
    return { ...this.groups, readRules: (groups, onRule) => this.readRules(groups, onRule) };
  }

  /** What was read, and what was not. */
  private get read(): Pick<ProofReading, 'failures' | 'listing'> {
    const associatedGroups = this.associations && new Set(this.associations.map(({ groupId }) => groupId));
    return { failures: this.failures, listing: { ...this.groups.listed(), associatedGroups } };
  }

  /** Reads the rules, unless another check has read them, and looks for stale ones where they prove nothing. */
  async finish({ now, scheduleSeconds, memory }: Remembering): Promise<ProvedReading> {
    if (this.unreadRules === undefined) await this.readRules([], () => undefined);
    const candidates = await this.candidates(memory, now);
    const provable = this.scope.vpcIds.filter(vpcId => !candidates.has(vpcId));
    const { vpcIds: checked, oldestAgeSeconds } = checksOf(provable, memory.proofs, { now, scheduleSeconds });
    const proved = new Set(provable.filter(vpcId => !checked.has(vpcId)));
    const stale = await this.ask([...candidates.keys(), ...checked]);
    const wrong = wrongProofs({ checked, staleVpcIds: staleVpcIds(stale) });
    if (wrong.length > 0) return this.withoutProofs(wrong, { candidates, checked });
    return {
      ...withProved(stale, proved),
      proofs: { candidates, checked, proved, oldestCheckAgeSeconds: oldestAgeSeconds, ...this.read },
    };
  }

  private async readRules(
    wanted: readonly GroupPlace[], onRule: (rule: SecurityGroupRule) => void,
  ): Promise<Unread<GroupPlace>> {
    const ids = new Set(wanted.map(({ groupId }) => groupId));
    const all = new Map([...this.groups.groups.values(), ...wanted].map(each => [each.groupId, each]));
    const { unread, errors } = await this.groups.readRules([...all.values()], rule => {
      this.references.take(rule);
      if (ids.has(rule.groupId)) onRule(rule);
    });
    this.unreadRules = { unread, errors };
    const own = unread.filter(({ groupId }) => ids.has(groupId));
    const isOwn = ({ vpcId, resourceId }: ScanError): boolean =>
      own.some(each => vpcId === undefined ? each.groupId === resourceId : each.vpcId === vpcId);
    return { unread: own, errors: errors.filter(isOwn) };
  }

  private async candidates(memory: ProofMemory, now: Date): Promise<ReadonlyMap<string, CandidateReason>> {
    const { scope: { vpcIds, owners, accountId }, groups: { groups, vpcOf }, associations } = this;
    if (memory.error) this.failures.push(scanError(READING_MEMORY, memory.error));
    if (memory.error || isSuspended(memory.proofs, now)) return allCandidates(vpcIds, 'SUSPENDED');
    const unknown = await this.unknownVpcs();
    if (associations === undefined || unknown === undefined) return allCandidates(vpcIds, 'UNREAD');
    const openGroups = [...memory.openGroupIds].flatMap(groupId => vpcOf.get(groupId) ?? []);
    return candidatesOf({
      vpcIds, owners, accountId, groups, vpcOf, associations,
      referring: new Set([...this.references.vpcIds, ...unknown]),
      unread: this.unreadVpcs(),
      openVpcIds: new Set([...memory.openVpcIds, ...openGroups]),
      doubted: doubtedVpcs(memory.proofs),
    });
  }

  private unreadVpcs(): Set<string> {
    const { unreadGroups, vpcOf } = this.groups;
    const ofRules = this.unreadRules?.unread.flatMap(({ groupId }) => vpcOf.get(groupId) ?? []) ?? [];
    return new Set([...unreadGroups.unread.map(({ vpcId }) => vpcId), ...ofRules]);
  }

  /**
   * Returns the VPCs of groups that have rules and were not listed, because someone has just created them, or EC2 does
   * not show them. @returns undefined if such a group may be in any VPC
   */
  private async unknownVpcs(): Promise<readonly string[] | undefined> {
    const { groups, unread } = await readNamed([...this.references.unknownGroupIds], this.network);
    const vpcIds = [...groups.values()].map(({ vpcId }) => vpcId);
    if (unread.size > 0 || vpcIds.includes(undefined)) return undefined;
    return vpcIds.flatMap(vpcId => vpcId ?? []);
  }

  private ask(vpcIds: readonly string[]): Promise<StaleReading> {
    return readStaleRules({ ...this.scope, vpcIds }, this.network);
  }

  /** Reads every VPC after a proof was wrong, because other proofs may be wrong, too. */
  private async withoutProofs(
    wrong: readonly string[], { candidates, checked }: Pick<ProofReading, 'candidates' | 'checked'>,
  ): Promise<ProvedReading> {
    const { vpcIds } = this.scope;
    const stale = await this.ask(vpcIds);
    const others = allCandidates(vpcIds.filter(vpcId => !checked.has(vpcId)), 'SUSPENDED');
    return {
      ...stale,
      errors: [...stale.errors, ...wrong.map(proofFailed)],
      proofs: {
        candidates: new Map([...others, ...candidates]), checked, proved: new Set(), oldestCheckAgeSeconds: 0,
        ...this.read,
      },
    };
  }
}

const READING_MEMORY = 'reading from the ledger which VPCs were covered by proof';

/** Returns the VPCs for which EC2 named a stale rule. */
export const staleVpcIds = ({ stale }: Pick<StaleReading, 'stale'>): Set<string> =>
  new Set(stale.flatMap(({ vpcId, otherVpcIds = [] }) => [vpcId, ...otherVpcIds]));

/** A VPC that is covered by proof counts as looked at. */
function withProved(stale: StaleReading, proved: ReadonlySet<string>): StaleReading {
  const { coverage, sawAny } = stale;
  return {
    ...stale,
    coverage: { ...coverage, vpcIds: new Set([...coverage.vpcIds, ...proved]) },
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
