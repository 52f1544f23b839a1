/** Writes the ledger of an organization, too. */
import { decodeAccounts, decodeLease, decodePlace, decodeRun, placeItemId } from './ledger-items';
import { accountsItemId, DynamoDbOrganizationReader, RUN_ID } from './ledger-reader';
import { type DynamoDBClient } from '../../../bundle/sdk';
import { type Place, placePartition } from '../../../src/contract/organization';
import type { ConfigurationRecord, ControlEntry, Items, PutResult } from '../../core/model/ledger';
import type { AccountsEntry, LeaseEntry, OrganizationRun, PlaceEntry } from '../../core/model/organization';
import type { OrganizationLedger, PlaceId, PlaceLedger } from '../../core/organization-ports';
import { DynamoDbLedger } from '../ledger';

const LEASE_ID = 'lease';

export class DynamoDbOrganizationLedger extends DynamoDbLedger implements OrganizationLedger {
  private readonly reader: DynamoDbOrganizationReader;

  constructor(client: DynamoDBClient, tableName: string, private readonly organization: string) {
    super(client, tableName, organization);
    this.reader = new DynamoDbOrganizationReader(client, tableName, organization);
  }

  at(place: Place): PlaceLedger {
    return new DynamoDbPlaceLedger(this.client, this.tableName, placePartition(this.organization, place), this);
  }

  run(): Promise<OrganizationRun | undefined> {
    return this.reader.run();
  }

  putRun(entry: OrganizationRun): Promise<PutResult<OrganizationRun>> {
    return this.putText(RUN_ID, entry, decodeRun);
  }

  accounts(part: number): Promise<AccountsEntry | undefined> {
    return this.reader.accounts(part);
  }

  putAccounts(part: number, entry: AccountsEntry): Promise<PutResult<AccountsEntry>> {
    return this.putText(accountsItemId(part), entry, decodeAccounts);
  }

  place(place: PlaceId): Promise<PlaceEntry | undefined> {
    return this.reader.place(place);
  }

  putPlace(entry: PlaceEntry): Promise<PutResult<PlaceEntry>> {
    return this.putText(placeItemId(entry), entry, decodePlace);
  }

  places(account?: string): Promise<Items<PlaceEntry>> {
    return this.reader.places(account);
  }
}

/** The configuration and the control item are shared, so that a pause and the limit hold everywhere. */
class DynamoDbPlaceLedger extends DynamoDbLedger implements PlaceLedger {
  constructor(client: DynamoDBClient, tableName: string, partition: string, private readonly shared: DynamoDbLedger) {
    super(client, tableName, partition);
  }

  control(): Promise<ControlEntry | undefined> {
    return this.shared.control();
  }

  putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>> {
    return this.shared.putControl(entry);
  }

  configuration(): Promise<ConfigurationRecord | undefined> {
    return this.shared.configuration();
  }

  putConfiguration(record: ConfigurationRecord): Promise<PutResult<ConfigurationRecord>> {
    return this.shared.putConfiguration(record);
  }

  async lease(): Promise<LeaseEntry | undefined> {
    const item = await this.item(LEASE_ID);
    return item && decodeLease(item);
  }

  putLease(entry: LeaseEntry): Promise<PutResult<LeaseEntry>> {
    return this.putText(LEASE_ID, entry, decodeLease);
  }
}
