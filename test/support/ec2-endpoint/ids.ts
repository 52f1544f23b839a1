import { ServiceError } from './service-error';

interface IdFormat {
  readonly pattern: RegExp;
  readonly example: string;
  readonly malformed: string;
  readonly notFound: string;
  readonly notFoundMessage: (id: string) => string;
}

function format(prefix: string, malformed: string, notFound: string, notFoundMessage: (id: string) => string): IdFormat {
  // Resources made before 2018 keep an id of eight digits; rules never had one.
  const digits = prefix === 'sgr' ? '[0-9a-f]{17}' : '([0-9a-f]{8}|[0-9a-f]{17})';
  return { pattern: new RegExp(`^${prefix}-${digits}$`), example: `${prefix}-...`, malformed, notFound, notFoundMessage };
}

/** The error codes are AWS's, their uneven spelling included. */
const FORMATS = {
  'vpc': format('vpc', 'InvalidVpcID.Malformed', 'InvalidVpcID.NotFound', id => `The vpc ID '${id}' does not exist`),
  'security-group': format('sg', 'InvalidGroupId.Malformed', 'InvalidGroup.NotFound', id => `The security group '${id}' does not exist`),
  'security-group-rule': format('sgr', 'InvalidSecurityGroupRuleId.Malformed', 'InvalidSecurityGroupRuleId.NotFound',
    id => `The security group rule ID '${id}' does not exist`),
  'vpc-peering-connection': format('pcx', 'InvalidVpcPeeringConnectionId.Malformed', 'InvalidVpcPeeringConnectionID.NotFound',
    id => `The vpcPeeringConnection ID '${id}' does not exist`),
  'vpn-connection': format('vpn', 'InvalidVpnConnectionID', 'InvalidVpnConnectionID.NotFound',
    id => `The vpnConnection ID '${id}' does not exist`),
  'prefix-list': format('pl', 'InvalidPrefixListId.Malformed', 'InvalidPrefixListID.NotFound', id => `The prefix list ID '${id}' does not exist`),
} satisfies Record<string, IdFormat>;

export type ResourceType = keyof typeof FORMATS;

export function resourceTypeOf(id: string): ResourceType | undefined {
  const types = Object.keys(FORMATS) as ResourceType[];
  return types.find(type => FORMATS[type].pattern.test(id));
}

export function requireWellFormed(type: ResourceType, id: string): string {
  if (!FORMATS[type].pattern.test(id)) {
    throw new ServiceError(FORMATS[type].malformed, `Invalid id: "${id}" (expecting "${FORMATS[type].example}")`);
  }
  return id;
}

export function notFound(type: ResourceType, id: string): ServiceError {
  return new ServiceError(FORMATS[type].notFound, FORMATS[type].notFoundMessage(id));
}

/** Ids in the order of creation, so that a test reads the same ids on every run. */
export class IdSequence {
  private readonly counts = new Map<string, number>();

  next(prefix: string): string {
    const count = (this.counts.get(prefix) ?? 0) + 1;
    this.counts.set(prefix, count);
    return `${prefix}-0${count.toString(16).padStart(16, '0')}`;
  }
}
