/** Determines why nothing is taken away from a group: it is exempt by now, not in scope, or this is not known. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { whyExempt } from '../decide/exempt';
import { errorFacts } from '../errors';
import type { SecurityGroup } from '../model/network';
import type { Clock, Ledger, NetworkReader } from '../ports';

/** `isKnown`: whether the group and the configuration could be read. If not, the same may be tried again. */
export interface Kept {
  readonly isKnown: boolean;
  readonly detail: string;
}

/** Returns the configuration in the ledger; undefined if there is none. */
export type Configured = () => Promise<DecodedConfiguration | undefined>;

/** Reads and decodes the configuration at the first call, and only then. */
export function configuredIn(ledger: Pick<Ledger, 'configuration'>): Configured {
  let reading: ReturnType<Configured> | undefined;
  const read: Configured = async () => {
    const record = await ledger.configuration();
    return record && decodeConfiguration(record.text);
  };
  return () => reading ??= read();
}

/** @returns why nothing is taken away from the group, in words that follow "because" */
export async function whyKept(
  groupId: string, configured: Configured,
  { network, clock }: { readonly network: Pick<NetworkReader, 'securityGroups'>; readonly clock: Pick<Clock, 'now'> },
): Promise<Kept | undefined> {
  try {
    const configuration = await configured();
    if (configuration === undefined) return unknown('the ledger has no configuration, so its exemptions are not known');
    const group = (await network.securityGroups({ groupIds: [groupId] })).find(each => each.groupId === groupId);
    if (group === undefined) return unknown(`EC2 does not show the group ${groupId}`);
    const why = whyExempt(group, configuration, clock.now()) ?? whyOutside(group, configuration);
    return why === undefined ? undefined : { isKnown: true, detail: `its group ${groupId} ${why}` };
  } catch (error) {
    const { code, message } = errorFacts(error);
    return unknown(`whether its group ${groupId} is exempt could not be read: ${code}: ${message}`);
  }
}

const unknown = (detail: string): Kept => ({ isKnown: false, detail });

function whyOutside({ vpcId }: SecurityGroup, { vpcIds }: DecodedConfiguration): string | undefined {
  return vpcIds === undefined || (vpcId !== undefined && vpcIds.includes(vpcId)) ? undefined : 'is outside vpcs';
}
