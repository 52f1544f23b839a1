/** Shows on standard error how far reading has come, and how long EC2's request limits still take. */
import { callsPerSecond } from '../lambda/aws/pacing';
import type { NetworkReader } from '../lambda/core/ports';
import { duration } from '../lambda/core/report/findings-page/time';

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Says what is being done. */
  readonly say: (what: string) => void;
  /** Wraps a reader, and counts what it reads. */
  readonly counting: (network: NetworkReader, where: string, requestRateFactor: number) => NetworkReader;
  /** Ends the line. */
  readonly end: () => void;
}

const TERMINAL_MILLIS = 200;
/** A file or the log of a pipeline gets few lines. */
const LOG_MILLIS = 10_000;

export const NO_PROGRESS: Progress = { say: () => undefined, counting: network => network, end: () => undefined };

export function progressOn(stream: ProgressStream, now: () => number = () => Date.now()): Progress {
  const pause = stream.isTTY ? TERMINAL_MILLIS : LOG_MILLIS;
  let shownAt = now();
  let isOpen = false;
  const show = (text: string): void => {
    shownAt = now();
    // The code at the end clears the rest of the line.
    stream.write(stream.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    isOpen = stream.isTTY === true;
  };
  const end = (): void => {
    if (isOpen) stream.write('\r\u001b[K');
    isOpen = false;
  };
  return {
    say: what => show(`${what} …`),
    end,
    counting: (network, where, factor) => {
      const counts = { vpcs: 0, vpcsRead: 0, groups: 0, rules: 0, vpnConnections: 0 };
      const changed = (): void => {
        if (now() - shownAt >= pause) show(progressWords(where, counts, factor));
      };
      return counted(network, counts, changed);
    },
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
  return {
    vpcs: ids => after(network.vpcs(ids), ({ length }) => { counts.vpcs += length; }),
    staleSecurityGroups: vpcId => after(network.staleSecurityGroups(vpcId), () => { counts.vpcsRead += 1; }),
    securityGroups: by => after(network.securityGroups(by), ({ length }) => { counts.groups += length; }),
    securityGroupRules: async function* (by) {
      for await (const page of network.securityGroupRules(by)) {
        counts.rules += page.length;
        changed();
        yield page;
      }
    },
    interfaceEndpointGroupIds: vpcId => network.interfaceEndpointGroupIds(vpcId),
    vpnConnections: filters =>
      after(network.vpnConnections(filters), ({ length }) => { counts.vpnConnections += length; }),
    prefixLists: ids => network.prefixLists(ids),
    prefixListEntries: id => network.prefixListEntries(id),
    usedGroupIds: ids => network.usedGroupIds(ids),
  };
}

/** Such as `eu-west-1: 120 of 1,000 VPCs, 4,500 rules; about 3 min more, because of EC2's request limits`. */
function progressWords(where: string, counts: Counts, factor: number): string {
  const { vpcs, vpcsRead, groups, rules, vpnConnections } = counts;
  const parts = [
    ...vpcs > 0 ? [`${number(vpcsRead)} of ${number(vpcs)} VPCs`] : [],
    ...groups > 0 ? [`${number(groups)} groups`] : [],
    ...rules > 0 ? [`${number(rules)} rules`] : [],
    ...vpnConnections > 0 ? [`${number(vpnConnections)} VPN connections`] : [],
  ];
  // Only the VPCs are known beforehand.
  const seconds = vpcsRead === 0 ? 0 : (vpcs - vpcsRead) / (callsPerSecond('DescribeStaleSecurityGroups') * factor);
  const left = seconds < 5 ? '' : `; about ${seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds * 1000)} more, because of EC2's request limits`;
  return `${where}: read ${parts.join(', ') || 'nothing yet'}${left}`;
}

const number = (count: number): string => count.toLocaleString('en-US');
