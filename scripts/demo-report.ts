/** Prints the demo's tables: the function's log lines and metrics, for people to read. */
import type { RestoreReport } from '../lambda/core/act/restore';
import type { TunnelState } from '../lambda/core/model/finding';
import type { SecurityGroupRule } from '../lambda/core/model/network';
import { EventType, LEDGER_SORT_KEY } from '../src/contract/names';
import type { DeliveredEvent, PublishedDatum } from '../test/support/ec2-endpoint';

/** The fields of the handler's log lines that the demo reads. */
export interface SweepLog {
  readonly event: string;
  readonly message: string;
  readonly outcome?: string;
  readonly keepReason?: string;
  readonly groupId?: string;
  readonly rule?: SecurityGroupRule;
  readonly because?: {
    readonly stale?: string;
    readonly declarations: ReadonlyArray<{ name: string; reason?: string }>;
  };
  readonly stale?: { readonly reason: string; readonly direction: string };
  readonly flagged?: { readonly declarations: ReadonlyArray<{ name: string; reason?: string }> };
  readonly vpnConnectionId?: string;
  readonly name?: string;
  readonly status?: string;
  readonly gateway?: string;
  readonly tunnels?: readonly TunnelState[];
  readonly eventName?: string;
  readonly arn?: string;
  readonly tool?: string;
  readonly at?: string;
}

/** The network in which the demo looks up names. */
export interface Names {
  groupName(groupId: string): string;
}

export function revokedRules(lines: readonly SweepLog[], names: Names): string[] {
  const rows = lines
    .filter(({ event }) => event === 'Revocation')
    .map(({ rule, outcome, because }) => [
      rule?.securityGroupRuleId ?? '',
      names.groupName(rule?.groupId ?? ''),
      describeRule(rule),
      why(because?.stale, because?.declarations),
      outcome ?? '',
    ]);
  return table([['rule', 'group', 'admitted', 'because', 'outcome'], ...rows]);
}

/** Prints the changes that triggered a run: the call, who made it, and with which tool. */
export function changeLines(lines: readonly SweepLog[]): string[] {
  const rows = lines
    .filter(({ event, eventName }) => event === 'Change' && eventName !== undefined)
    .map(({ eventName = '', arn = '', tool = '', at = '' }) => [eventName, arn, tool, at]);
  return table([['call', 'by', 'with', 'at'], ...rows]);
}

export function keptRules(lines: readonly SweepLog[], names: Names): string[] {
  const rows = lines
    .filter(({ event }) => event === 'RuleKept')
    .map(({ rule, groupId, keepReason, stale, flagged }) => [
      rule?.securityGroupRuleId ?? '',
      names.groupName(groupId ?? ''),
      describeRule(rule),
      why(stale?.reason, flagged?.declarations),
      keepReason ?? '',
    ]);
  return table([['rule', 'group', 'admits', 'found', 'kept because'], ...rows]);
}

/**
 * Prints the rules in the ledger: open, revoked and restored ones. The ledger also holds VPN connections, the latest
 * sweep, the configuration, and the allowance.
 */
export function ledgerTable(items: ReadonlyArray<Record<string, unknown>>): string[] {
  const text = (item: Record<string, unknown>, key: string): string => typeof item[key] === 'string' ? item[key] : '';
  const startingWith = (prefix: string): typeof items =>
    items.filter(item => text(item, LEDGER_SORT_KEY).startsWith(prefix));
  const head = ['rule', 'state', 'group', 'stack', 'first seen', 'found stale'];
  const rows = startingWith('sg-').map(item => [
    text(item, LEDGER_SORT_KEY).split('#')[1], text(item, 'state'), text(item, 'groupName'),
    text(item, 'stackName') || '(none)', text(item, 'firstSeen').slice(0, 10), sightings(text(item, 'stale')),
  ]);
  return [
    ...table([head, ...rows.sort(([, a], [, b]) => a < b ? 1 : -1)]),
    `and ${startingWith('vpn-').length} VPN connections`,
  ];
}

/** Returns the number of scheduled sweeps that have found a rule stale. */
function sightings(stale: string): string {
  return stale === '' ? '' : `${(JSON.parse(stale) as { sightings: number }).sightings} times`;
}

/**
 * Prints the events sent to EventBridge: their number by type, and the changes of known VPN connections. @param when
 * such as `on day 3`
 */
export function eventLines(when: string, events: readonly DeliveredEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const { detailType } of events) counts.set(detailType, (counts.get(detailType) ?? 0) + 1);
  const total = events.length === 1 ? '1 event' : `${events.length || 'no'} events`;
  const each = [...counts].map(([type, count]) => `${type} ${count}`).join(', ');
  const isChange = ({ detailType, detail }: DeliveredEvent): boolean =>
    detailType === EventType.VPN_CONNECTION_STATE_CHANGED && detail.previousStatus !== undefined;
  return [
    `EventBridge got ${total} ${when}${events.length > 0 ? ': ' : ''}${each}`,
    ...events.filter(isChange).map(({ detail }) => `  ${String(detail.message)}`),
  ];
}

/** The function's answer to a restore request. */
export function restoredRules(
  result: unknown,
  network: Names & { readonly rules: ReadonlyMap<string, { tags: Record<string, string> }> },
): string[] {
  const { rules } = result as RestoreReport;
  const rows = rules.map(({ securityGroupRuleId, outcome, restoredAs = '', groupId = '', detail = '' }) => [
    securityGroupRuleId,
    outcome,
    restoredAs,
    network.groupName(groupId),
    JSON.stringify(network.rules.get(restoredAs)?.tags),
    detail,
  ]);
  return table([['rule', 'outcome', 'is now', 'group', 'tags', ''], ...rows]);
}

export function vpnTable(lines: readonly SweepLog[]): string[] {
  const rows = lines
    .filter(({ event }) => event === 'VpnConnection')
    .map(({ vpnConnectionId, name, status, gateway, tunnels = [] }) => [
      vpnConnectionId ?? '',
      name ?? '',
      status ?? '',
      gateway ?? '(none)',
      tunnels
        .map(
          tunnel =>
            `${tunnel.outsideIpAddress} ${tunnel.status} for ${duration(tunnel.secondsSinceStatusChange)}${tunnel.statusMessage ? ` (${tunnel.statusMessage})` : ''}`,
        )
        .join('; '),
    ]);
  return table([['connection', 'name', 'status', 'gateway', 'tunnels'], ...rows]);
}

/** Prints the latest value of each aggregate metric, which has only the construct's dimension. */
export function metricsTable(metrics: readonly PublishedDatum[]): string[] {
  const isAggregate = ({ dimensions }: PublishedDatum): boolean => Object.keys(dimensions).length === 1;
  const aggregates = [...new Map(metrics.filter(isAggregate).map(datum => [datum.name, datum])).values()];
  return [
    ...table(aggregates.map(({ name, value, unit }) => [name, String(value), unit ?? ''])),
    `and ${metrics.filter(datum => !isAggregate(datum)).length} data per VPC, VPN connection and tunnel`,
  ];
}

function why(
  staleReason: string | undefined,
  declarations: ReadonlyArray<{ name: string; reason?: string }> = [],
): string {
  return [
    ...(staleReason ? [`stale (${staleReason})`] : []),
    ...declarations.map(({ name, reason }) => `${name}${reason ? `: ${reason}` : ''}`),
  ].join(', ');
}

function describeRule(rule?: SecurityGroupRule): string {
  if (!rule) return '';
  const ports =
    rule.fromPort === undefined || rule.fromPort === -1
      ? ''
      : rule.fromPort === rule.toPort
        ? ` ${rule.fromPort}`
        : ` ${rule.fromPort}-${rule.toPort}`;
  const source = rule.cidrIpv4 ?? rule.cidrIpv6 ?? rule.prefixListId ?? rule.referencedGroup?.groupId ?? '';
  return `${rule.ipProtocol === '-1' ? 'all traffic' : `${rule.ipProtocol}${ports}`} ${rule.isEgress ? 'to' : 'from'} ${source}`;
}

function duration(seconds?: number): string {
  if (seconds === undefined) return '?';
  return seconds >= 172_800
    ? `${Math.floor(seconds / 86_400)} d`
    : seconds >= 7200
      ? `${Math.floor(seconds / 3600)} h`
      : `${Math.floor(seconds / 60)} min`;
}

function table(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column].length))) ?? [];
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
}
