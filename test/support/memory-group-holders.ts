/** The users of security groups, in memory, with checks that fail on demand. */
import type { SecurityGroup } from '../../lambda/core/model/network';
import type { GroupHolders, Held } from '../../lambda/core/ports';
import type { GroupHolderName } from '../../src/contract/group-holders';

/** The subject of a read: a check of the contract, or one of the reads beside them. */
export type ReadName = GroupHolderName | 'groups' | 'rules' | 'associations' | 'references';

export class MemoryGroupHolders implements GroupHolders {
  groups: SecurityGroup[] = [];
  readonly inRules = new Set<string>();
  readonly associated = new Set<string>();
  readonly referenced = new Set<string>();
  readonly heldIds = new Map<GroupHolderName, string[]>();
  readonly heldNames = new Map<GroupHolderName, string[]>();
  /** The reads that fail, with their errors. */
  readonly failing = new Map<ReadName, Error>();
  readonly calls: string[] = [];

  async securityGroups(): Promise<SecurityGroup[]> {
    return this.read('groups', () => this.groups);
  }

  async groupsInRules(): Promise<ReadonlySet<string>> {
    return this.read('rules', () => this.inRules);
  }

  async associatedGroups(): Promise<ReadonlySet<string>> {
    return this.read('associations', () => this.associated);
  }

  async held(holder: GroupHolderName): Promise<Held> {
    return this.read(holder, () => ({
      groupIds: new Set(this.heldIds.get(holder)), groupNames: new Set(this.heldNames.get(holder)),
    }));
  }

  async groupsReferenced(groupIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (groupIds.length > 100) throw new Error(`${groupIds.length} groups in one call`);
    return this.read('references', () => new Set(groupIds.filter(id => this.referenced.has(id))));
  }

  private read<T>(name: ReadName, value: () => T): T {
    this.calls.push(name);
    const error = this.failing.get(name);
    if (error) throw error;
    return value();
  }
}
