/** Reads the network, stacks and ledgers with the caller's credentials. Every client refuses all other calls. */
import { readOnly } from './read-only';
import type { ClientSettings, Session } from './session';
import { CloudFormationClient, DynamoDBClient, EC2Client } from '../../bundle/sdk';
import { DynamoDbLedger } from '../../lambda/aws/ledger';
import { SETTLED } from '../../lambda/aws/ledger-items';
import { ENTRY_PREFIX, joined, notIn } from '../../lambda/aws/ledger-reader';
import { Ec2Network } from '../../lambda/aws/network';
import { DynamoDbOrganizationReader } from '../../lambda/aws/organization/ledger-reader';
import { paceRetries } from '../../lambda/aws/pace-retries';
import { Pacer } from '../../lambda/aws/pacing';
import { enabledRegions } from '../../lambda/aws/regions';
import { cloudFormationStacks } from '../../lambda/aws/stacks';
import { checkAnswers } from '../../lambda/aws/wire';
import { errorFacts, isAboutOneItem } from '../../lambda/core/errors';
import type { Items, LedgerEntry } from '../../lambda/core/model/ledger';
import type { OrganizationReader } from '../../lambda/core/organization-ports';
import type { NetworkReader, Stacks } from '../../lambda/core/ports';
import type { LedgerSnapshot, Reading } from '../planning/planned-ledger';

export interface AwsReading {
  readonly network: NetworkReader;
  readonly stacks: Stacks;
}

/** EC2's request limits are per account and Region, so the constructs of one Region share a pacer. */
const pacers = new Map<string, Pacer>();

function pacerOf({ account, region }: Pick<Session, 'account' | 'region'>): Pacer {
  const key = `${account} ${region}`;
  const pacer = pacers.get(key) ?? new Pacer();
  pacers.set(key, pacer);
  return pacer;
}

/** @param requestRateFactor the share of EC2's request limits that may be used. Absent: 1 */
export function awsReading({ settings, ...place }: Session, requestRateFactor = 1): AwsReading {
  const pacer = pacerOf(place);
  pacer.scale(requestRateFactor);
  const ec2 = readOnly(new EC2Client(settings), 'ec2');
  paceRetries(ec2, pacer);
  checkAnswers(ec2);
  return {
    network: new Ec2Network(ec2, ec2, pacer),
    stacks: cloudFormationStacks(readOnly(new CloudFormationClient(settings), 'cloudformation')),
  };
}

/** Returns the Regions that are enabled in the account. @throws EC2's error */
export const regionsOf = ({ settings }: Pick<Session, 'settings'>): Promise<string[]> =>
  enabledRegions(readOnly(new EC2Client(settings), 'ec2'));

export const ledgerOf = (settings: ClientSettings, table: string, hygiene: string): ReadLedger =>
  new ReadLedger(readOnly(new DynamoDBClient(settings), 'dynamodb'), table, hygiene);

/** Returns the ledger of the hub of an organization. */
export const organizationLedgerOf = (settings: ClientSettings, table: string, hygiene: string): OrganizationReader =>
  new DynamoDbOrganizationReader(readOnly(new DynamoDBClient(settings), 'dynamodb'), table, hygiene);

/** The ledger of a deployed construct. */
export class ReadLedger extends DynamoDbLedger {
  /** Returns the entries of every rule, in every state. */
  private async rules(): Promise<Items<LedgerEntry>> {
    return joined([await this.entries({ prefix: ENTRY_PREFIX })]);
  }

  /** Returns the ids of unreadable items that a sweep reads before it decides. Settled ones are not among them. */
  private async unsettledUnreadable(): Promise<ReadonlySet<string>> {
    const { unreadable } = await this.entries({ ...notIn(SETTLED), prefix: ENTRY_PREFIX });
    return new Set(unreadable.map(({ id }) => id));
  }

  /**
   * Reads the whole ledger.
   *
   * @throws when it cannot be read. An item of its own that cannot be read is part of the result
   */
  async snapshot(): Promise<LedgerSnapshot> {
    const [ofRules, shared] = await Promise.all([this.snapshotOfRules(), this.shared()]);
    return { ...ofRules, ...shared };
  }

  /**
   * Reads the ledger of a place of an organization.
   *
   * @param hub the ledger of the hub, which has the control item and the configuration of all places
   * @throws when one of the two cannot be read
   */
  async snapshotWith(hub: ReadLedger): Promise<LedgerSnapshot> {
    const [ofRules, shared] = await Promise.all([this.snapshotOfRules(), hub.shared()]);
    return { ...ofRules, ...shared };
  }

  private async snapshotOfRules(): Promise<Omit<LedgerSnapshot, 'control' | 'configuration'>> {
    const [rules, changes, proofs] = await Promise.all([
      this.rules(), reading(this.changes()), reading(this.proofs()),
    ]);
    const unsettledUnreadable = rules.unreadable.length === 0 ? new Set<string>() : await this.unsettledUnreadable();
    return { rules, unsettledUnreadable, changes, proofs };
  }

  private async shared(): Promise<Pick<LedgerSnapshot, 'control' | 'configuration'>> {
    const [control, configuration] = await Promise.all([reading(this.control()), reading(this.configuration())]);
    return { control, configuration };
  }
}

async function reading<T>(item: Promise<T>): Promise<Reading<T>> {
  try {
    return { item: await item };
  } catch (error) {
    // Without permission, for example, nothing is known about the item.
    if (!isAboutOneItem(errorFacts(error))) throw error;
    return { error };
  }
}
