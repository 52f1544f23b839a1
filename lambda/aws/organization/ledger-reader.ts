/**
 * Reads the ledger of an organization from DynamoDB. The findings function of an organization uses only this class.
 *
 * The organization has a partition of its own with the configuration, the control item and one item for each account
 * and Region. Each place has a partition for its rules.
 */
import { decodeAccounts, decodePlace, decodeRun, PLACE_PREFIX, placeItemId } from './ledger-items';
import type { DynamoDBClient } from '../../../bundle/sdk';
import { type Place, placePartition } from '../../../src/contract/organization';
import type { ControlEntry, Items } from '../../core/model/ledger';
import type { AccountsEntry, OrganizationRun, PlaceEntry } from '../../core/model/organization';
import type { OrganizationReader, PlaceId } from '../../core/organization-ports';
import type { LedgerReader } from '../../core/ports';
import { readable } from '../ledger-items';
import { DynamoDbLedgerReader } from '../ledger-reader';

export const RUN_ID = 'run';

export const accountsItemId = (part: number): string => `accounts-${part}`;

export class DynamoDbOrganizationReader extends DynamoDbLedgerReader implements OrganizationReader {
  constructor(client: DynamoDBClient, tableName: string, private readonly organization: string) {
    super(client, tableName, organization);
  }

  at(place: Place): LedgerReader {
    return new DynamoDbPlaceReader(this.client, this.tableName, placePartition(this.organization, place), this);
  }

  async run(): Promise<OrganizationRun | undefined> {
    const item = await this.item(RUN_ID);
    return item && decodeRun(item);
  }

  async accounts(part: number): Promise<AccountsEntry | undefined> {
    const item = await this.item(accountsItemId(part));
    return item && decodeAccounts(item);
  }

  async place(place: PlaceId): Promise<PlaceEntry | undefined> {
    const item = await this.item(placeItemId(place));
    return item && decodePlace(item);
  }

  async places(account?: string): Promise<Items<PlaceEntry>> {
    return readable(await this.query({ prefix: `${PLACE_PREFIX}${account ?? ''}` }), decodePlace);
  }
}

/** The control item is that of the organization. */
class DynamoDbPlaceReader extends DynamoDbLedgerReader {
  constructor(
    client: DynamoDBClient, tableName: string, partition: string, private readonly shared: DynamoDbLedgerReader,
  ) {
    super(client, tableName, partition);
  }

  control(): Promise<ControlEntry | undefined> {
    return this.shared.control();
  }
}
