/** Shows on standard error how far reading has come. */
import { oneLine } from './render/one-line';
import type { NetworkReader } from '../lambda/core/ports';

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** Says what is being done. */
  readonly say: (what: string) => void;
  /** Wraps a reader, and counts what it reads. */
  readonly counting: (network: NetworkReader, where: string) => NetworkReader;
  /** Says how many of the sweeps of a plan were gone through. */
  readonly sweeping: (where: string, sweep: number, of: number) => void;
  /** Ends the line. */
  readonly end: () => void;
}

const TERMINAL_MILLIS = 200;
/** A file or the log of a pipeline gets few lines. */
const LOG_MILLIS = 10_000;

export const NO_PROGRESS: Progress = {
  say: () => undefined, counting: network => network, sweeping: () => undefined, end: () => undefined,
};

export function progressOn(stream: ProgressStream, now: () => number = () => Date.now()): Progress {
  const pause = stream.isTTY ? TERMINAL_MILLIS : LOG_MILLIS;
  let shownAt = now();
  let isOpen = false;
  const show = (text: string): void => {
    shownAt = now();
    const line = oneLine(text);
    // A line that wraps could not be cleared. The code at the end clears the rest of the line.
    const fitting = [...line].slice(0, Math.max(20, stream.columns || 80) - 1).join('');
    stream.write(stream.isTTY ? `\r${fitting}\u001b[K` : `${line}\n`);
    isOpen = stream.isTTY === true;
  };
  const end = (): void => {
    if (isOpen) stream.write('\r\u001b[K');
    isOpen = false;
  };
  const showAtTimes = (text: () => string): void => {
    if (now() - shownAt >= pause) show(text());
  };
  return {
    say: what => show(`${what} …`),
    end,
    counting: (network, where) => {
      const counts = { vpcs: 0, vpcsRead: 0, groups: 0, rules: 0, vpnConnections: 0 };
      return counted(network, counts, () => showAtTimes(() => progressWords(where, counts)));
    },
    sweeping: (where, sweep, of) =>
      showAtTimes(() => `${where}: going through sweep ${number(sweep)} of ${number(of)} before one may revoke`),
  };
}

interface Counts {
  vpcs: number;
  vpcsRead: number;
  groups: number;
  rules: number;
  vpnConnections: number;
}

function counted(network: NetworkReader, counts: Counts, changed: () => void): NetworkReader {
  const after = async <T>(reading: Promise<T>, count: (answer: T) => void): Promise<T> => {
    const answer = await reading;
    count(answer);
    changed();
    return answer;
  };
  async function* paged<T>(pages: AsyncIterable<T[]>, count: (page: T[]) => void): AsyncGenerator<T[]> {
    for await (const page of pages) {
      count(page);
      changed();
      yield page;
    }
  }
  return {
    vpcs: ids => after(network.vpcs(ids), ({ length }) => { counts.vpcs += length; }),
    staleSecurityGroups: vpcId => after(network.staleSecurityGroups(vpcId), () => { counts.vpcsRead += 1; }),
    securityGroups: by => after(network.securityGroups(by), ({ length }) => { counts.groups += length; }),
    securityGroupRules: by => paged(network.securityGroupRules(by), ({ length }) => { counts.rules += length; }),
    allSecurityGroups: () => paged(network.allSecurityGroups(), ({ length }) => { counts.groups += length; }),
    allSecurityGroupRules: () => paged(network.allSecurityGroupRules(), ({ length }) => { counts.rules += length; }),
    groupAssociations: () => network.groupAssociations(),
    interfaceEndpointGroupIds: vpcId => network.interfaceEndpointGroupIds(vpcId),
    vpnConnections: filters =>
      after(network.vpnConnections(filters), ({ length }) => { counts.vpnConnections += length; }),
    prefixLists: ids => network.prefixLists(ids),
    prefixListEntries: id => network.prefixListEntries(id),
    usedGroupIds: ids => network.usedGroupIds(ids),
  };
}

/** Such as `eu-west-1: read 1,000 VPCs, 30 of them for stale rules, 2,000 groups, 4,500 rules`. */
function progressWords(where: string, { vpcs, vpcsRead, groups, rules, vpnConnections }: Counts): string {
  const parts = [
    ...vpcs > 0 ? [`${number(vpcs)} VPCs`] : [],
    // EC2 is asked only about some of them, and which these are is not known beforehand.
    ...vpcsRead > 0 ? [`${number(vpcsRead)} of them for stale rules`] : [],
    ...groups > 0 ? [`${number(groups)} groups`] : [],
    ...rules > 0 ? [`${number(rules)} rules`] : [],
    ...vpnConnections > 0 ? [`${number(vpnConnections)} VPN connections`] : [],
  ];
  return `${where}: read ${parts.join(', ') || 'nothing yet'}`;
}

const number = (count: number): string => count.toLocaleString('en-US');
