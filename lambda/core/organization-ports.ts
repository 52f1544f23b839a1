/** The interfaces through which runs of an organization use the outside world. */
import type { Items, PutResult } from './model/ledger';
import type { AccountsEntry, LeaseEntry, OrganizationRun, PlaceEntry } from './model/organization';
import type {
  GroupHoldersLoader, Ledger, LedgerReader, Network, SecurityHubLoader, Stacks, Topology,
} from './ports';
import type { Place } from '../../src/contract/organization';

/** An account as AWS Organizations knows it. */
export interface KnownAccount {
  readonly id: string;
  readonly name?: string;
  /** Such as `ACTIVE` or `SUSPENDED`. */
  readonly state: string;
}

/** Reads which accounts and Regions there are. Every list is read to its end. */
export interface Directory {
  accounts(): Promise<KnownAccount[]>;
  /** Returns the ids of all accounts in a root or an organizational unit, and in those below it. */
  accountsBelow(unitId: string): Promise<string[]>;
  /** Returns the Regions that are enabled in an account. The call needs no role in it. */
  enabledRegions(account: string): Promise<string[]>;
}

/** Executions of the state machine. */
export interface Executions {
  /** @throws when the state cannot be read */
  isRunning(executionArn: string): Promise<boolean>;
  /** Starts an execution, and does not wait for it. @returns its ARN */
  start(stateMachineArn: string): Promise<string>;
  /**
   * Starts another execution of the same state machine.
   *
   * @param scheduledTime the time at which its run was due; absent: the schedule has not triggered it
   * @returns its ARN
   */
  startAnother(executionArn: string, scheduledTime?: string): Promise<string>;
}

/** An item of the list that a map of the state machine reads. */
export interface ListedAccount {
  readonly account: string;
  readonly part: number;
}

/** Writes the lists of accounts from which the maps of the state machine read. */
export interface AccountLists {
  readonly bucket: string;
  put(key: string, accounts: readonly ListedAccount[]): Promise<void>;
}

/** Enters accounts. */
export interface Sessions {
  /**
   * Assumes the role of a member.
   *
   * @param policy the session policy: no session has more permissions than it allows
   */
  enter(account: string, policy: string): Promise<MemberSession>;
  /** Enters the account only to ask EC2 which Regions are enabled. */
  enabledRegions(account: string): Promise<string[]>;
}

/** A session of a role in an account. */
export interface MemberSession {
  in(region: string): MemberRegion;
  /** Whether AWS has said that the credentials of the session have expired. */
  hasExpired(): boolean;
}

/** A Region of an account that was entered. */
export interface MemberRegion {
  readonly network: Network;
  readonly topology: Topology;
  readonly stacks: Stacks;
  readonly groupHolders: GroupHoldersLoader;
  readonly securityHub: SecurityHubLoader;
  /** Sets the factor applied to EC2's documented request limits. */
  readonly scaleRequests: (factor: number) => void;
  /** Ends the connections. Nothing may be asked after that. */
  readonly close: () => void;
}

/** The ledger of a place. The control item and the configuration are those of the organization. */
export interface PlaceLedger extends Ledger {
  lease(): Promise<LeaseEntry | undefined>;
  putLease(entry: LeaseEntry): Promise<PutResult<LeaseEntry>>;
}

/** Reads the ledger of an organization. The items of rules are in the ledgers of the places. */
export interface OrganizationReader extends LedgerReader {
  run(): Promise<OrganizationRun | undefined>;
  accounts(part: number): Promise<AccountsEntry | undefined>;
  /** @param place an account, or a Region of it */
  place(place: PlaceId): Promise<PlaceEntry | undefined>;
  /** Returns the items of every account and Region, or of one account. */
  places(account?: string): Promise<Items<PlaceEntry>>;
  /** The control item is that of the organization. */
  at(place: Place): LedgerReader;
}

/** The ledger of an organization. */
export interface OrganizationLedger extends Ledger, OrganizationReader {
  putRun(entry: OrganizationRun): Promise<PutResult<OrganizationRun>>;
  putAccounts(part: number, entry: AccountsEntry): Promise<PutResult<AccountsEntry>>;
  putPlace(entry: PlaceEntry): Promise<PutResult<PlaceEntry>>;
  at(place: Place): PlaceLedger;
}

export interface PlaceId {
  readonly account: string;
  readonly region?: string;
}
