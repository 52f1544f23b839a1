/**
 * Writes findings in the AWS Security Finding Format, from the entries of the ledger.
 *
 * People decide about `Workflow`, `Note`, `Severity` and `Types`, so none of them is given. The severity and the types
 * of this construct are in `FindingProviderFields`.
 */
import { createHash } from 'node:crypto';
import { type Exposure, exposureOf, SEVERITIES } from './severity';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import { type HubPlace, productArn } from '../../../src/contract/security-hub';
import { becauseOf } from '../decide/because';
import { type KeepKind, keepFacts } from '../decide/reasons';
import { NO_LONGER_LOOKED_FOR } from '../ledger/entry';
import type { LedgerEntry, UnusedGroupEntry } from '../model/ledger';
import type { UnusedGroupChange } from '../model/result';
import type { FindingResource, SecurityFinding } from '../model/security-hub';
import { changedSentence } from '../report/change-words';
import { unusedGroupEvent, unusedMessage } from '../report/unused-group-words';
import { group, healedBecause, keptBecause, plain, reason, traffic } from '../report/wording';

/** The facts that all findings of a run share. */
export interface Importing {
  /** The name of the construct. */
  readonly hygiene: string;
  readonly place: HubPlace;
  /** The entries of the prefix lists that the run has read. */
  readonly prefixLists: PrefixLists;
}

/** A finding without the time of its import. */
export type Draft = Omit<SecurityFinding, 'UpdatedAt'>;

/** How a finding about a rule has ended, with the names that events have for it. */
export type Resolution = 'REVOKED' | 'HEALED' | typeof NO_LONGER_LOOKED_FOR;

/** The name of the product, and the prefix of its own fields. */
export const PRODUCT = 'cdk-network-hygiene';

/** The numbers of characters that Security Hub accepts. */
const MOST = { title: 256, description: 1024, recommendation: 512, field: 1024, name: 400 } as const;

const CHECKS = 'Software and Configuration Checks';
const PRACTICES = `${CHECKS}/AWS Security Best Practices`;

/** The reasons to keep a rule that last. The others change from sweep to sweep, and would import the finding again. */
const LASTING: ReadonlySet<KeepKind | undefined> = new Set(['by-hand', 'exempt', 'out-of-scope', 'off', 'returning']);

/** Returns the finding about a rule. @param resolution how it has ended; absent: it is open */
export function ruleFinding(entry: LedgerEntry, importing: Importing, resolution?: Resolution): Draft {
  const { rule, stale, flagged, vpcId, groupName, stackName, firstSeen, lastSeen } = entry;
  const { securityGroupRuleId, groupId, groupOwnerId } = rule;
  const exposure = exposureOf(entry, importing.prefixLists);
  const direction = rule.isEgress ? 'egress' : 'ingress';
  const kinds = [
    ...flagged === undefined ? [] : [flagged.verdict === 'flagged' ? 'flagged' : 'possibly flagged'],
    ...stale === undefined ? [] : ['stale'],
  ].join(' and ') || 'former';
  const keepReason = LASTING.has(keepFacts(entry.keepReason)?.kind) ? entry.keepReason : undefined;
  const why = reason(becauseOf(entry));
  const about = `${securityGroupRuleId} of ${group(entry)}: ${traffic(rule)}`;
  const described = rule.description ? `, ${rule.description}` : '';
  const end = resolution === undefined
    ? `${changedSentence(entry.changedBy)}${keepReason === undefined ? '' : `. Kept: ${keptBecause(keepReason)}`}`
    : `. Resolved, because ${resolution === 'REVOKED' ? 'it was revoked' : healedBecause(entry)}`;
  return {
    ...common(importing, { id: `${groupId}/${securityGroupRuleId}`, exposure, firstSeen, lastSeen }),
    GeneratorId: `${PRODUCT}/${flagged === undefined ? `stale-${direction}-rule` : 'flagged-ingress-rule'}`,
    Title: cut(capitalized(`${kinds} ${direction} rule: ${traffic(rule)} in ${group(entry)}`), MOST.title),
    Description: cut(`${about}${described}. It is ${why}${end}`, MOST.description),
    Remediation: remediation(flagged === undefined ? STALE_RULE : FLAGGED_RULE, stackName),
    ProductFields: fields({
      hygiene: importing.hygiene, securityGroupRuleId, groupId, groupName, vpcId, stackName, exposure,
      traffic: traffic(rule), because: why, keepReason, resolution,
    }),
    Resources: [
      groupResource({ groupId, groupName, vpcId, ownerId: groupOwnerId }, importing),
      {
        Type: 'Other', ...located(importing.place),
        Id: ec2Arn(`security-group-rule/${securityGroupRuleId}`, importing.place, groupOwnerId),
        Details: {
          Other: texts({ securityGroupRuleId, direction, traffic: traffic(rule), description: rule.description }),
        },
      },
    ],
    Compliance: { Status: resolution === undefined ? openStatus(exposure) : endStatus(resolution) },
    RecordState: resolution === undefined ? 'ACTIVE' : 'ARCHIVED',
  };
}

const openStatus = (exposure: Exposure): 'WARNING' | 'FAILED' =>
  SEVERITIES[exposure].label === 'INFORMATIONAL' ? 'WARNING' : 'FAILED';

/** A finding that nobody looks for any more has not passed. */
const endStatus = (resolution: string): 'PASSED' | 'NOT_AVAILABLE' =>
  resolution === NO_LONGER_LOOKED_FOR || resolution === 'WAITING' ? 'NOT_AVAILABLE' : 'PASSED';

/** Returns how the finding of a settled entry has ended. */
export function resolutionOf({ state, outcome }: LedgerEntry): Resolution {
  if (state !== 'HEALED') return 'REVOKED';
  return outcome?.name === NO_LONGER_LOOKED_FOR ? NO_LONGER_LOOKED_FOR : 'HEALED';
}

/** Returns the finding about an unused group. @param ended how it has ended; absent: it is open */
export function groupFinding(
  entry: UnusedGroupEntry, importing: Importing, ended?: Exclude<UnusedGroupChange['change'], 'OPENED'>,
): Draft {
  const { groupId, groupName, vpcId, stackName, reportedAt, since, writtenAt } = entry;
  const told = ended && unusedGroupEvent({ change: ended, entry });
  const resolution = told && String(told.detail.resolution);
  // A check that cannot look now and then would import the finding again.
  const message = told?.message ?? unusedMessage({ ...entry, notLookedAt: undefined });
  return {
    ...common(importing, {
      id: groupId, exposure: 'UNUSED_GROUP', firstSeen: reportedAt ?? since, observedSince: since, lastSeen: writtenAt,
    }),
    GeneratorId: `${PRODUCT}/unused-security-group`,
    Title: cut(`Unused security group ${groupNamed(groupId, groupName)}`, MOST.title),
    Description: cut(message, MOST.description),
    Remediation: remediation(UNUSED_GROUP, stackName),
    ProductFields: fields({
      hygiene: importing.hygiene, groupId, groupName, vpcId, stackName, exposure: 'UNUSED_GROUP', resolution,
    }),
    Resources: [groupResource({ groupId, groupName, vpcId }, importing)],
    Compliance: { Status: resolution === undefined ? openStatus('UNUSED_GROUP') : endStatus(resolution) },
    RecordState: resolution === undefined ? 'ACTIVE' : 'ARCHIVED',
  };
}

/** Returns the archived finding with which a deployment finds out whether findings can be imported. */
export function trialFinding(importing: Omit<Importing, 'prefixLists'>, at: Date): SecurityFinding {
  const { hygiene, place } = importing;
  const now = at.toISOString();
  return {
    ...common(importing, { id: 'deployment', exposure: 'UNUSED_GROUP', firstSeen: now, lastSeen: now }),
    UpdatedAt: now,
    GeneratorId: `${PRODUCT}/deployment`,
    Title: cut(`The network hygiene ${hygiene} can import findings`, MOST.title),
    Description: 'A deployment has imported this finding to find out whether it can. It is about no resource, it is '
      + 'archived, and nothing is to be done.',
    ProductFields: fields({ hygiene }),
    Resources: [{ Type: 'AwsAccount', Id: `AWS::::Account:${place.account}`, ...located(place) }],
    Compliance: { Status: 'NOT_AVAILABLE' },
    RecordState: 'ARCHIVED',
    FindingProviderFields: { Severity: { Label: 'INFORMATIONAL', Original: 'DEPLOYMENT' }, Types: [CHECKS] },
  };
}

/** @returns the finding with the time of its import, which no other time of it is after */
export function imported(draft: Draft, at: Date): SecurityFinding {
  const UpdatedAt = at.toISOString();
  const noLater = (time: string | undefined): string | undefined => time && time > UpdatedAt ? UpdatedAt : time;
  const { CreatedAt, FirstObservedAt, LastObservedAt } = draft;
  return {
    ...draft, UpdatedAt, CreatedAt: noLater(CreatedAt) ?? UpdatedAt,
    FirstObservedAt: noLater(FirstObservedAt), LastObservedAt: noLater(LastObservedAt),
  };
}

const DIGEST_LENGTH = 11;

/** Returns a digest of a finding, without the time at which it was last observed. */
export function digestOf({ LastObservedAt: _, ...facts }: Draft): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, DIGEST_LENGTH);
}

/** Returns the id of a finding. Security Hub knows it together with the product, which is of an account and Region. */
function findingId(hygiene: string, id: string): string {
  const digest = createHash('sha256').update(hygiene).digest('hex');
  return `${PRODUCT}/${hygiene.length <= MOST.name ? hygiene : digest}/${id}`;
}

interface Common {
  readonly id: string;
  readonly exposure: Exposure;
  readonly firstSeen: string;
  readonly observedSince?: string;
  readonly lastSeen: string;
}

function common(
  { hygiene, place }: Omit<Importing, 'prefixLists'>,
  { id, exposure, firstSeen, observedSince = firstSeen, lastSeen }: Common,
) {
  const isAboutReach = exposure !== 'UNUSED_GROUP';
  return {
    SchemaVersion: '2018-10-08',
    Id: findingId(hygiene, id),
    ProductArn: productArn(place),
    ProductName: PRODUCT,
    AwsAccountId: place.account,
    CreatedAt: firstSeen, FirstObservedAt: observedSince, LastObservedAt: lastSeen,
    FindingProviderFields: {
      Severity: { Label: SEVERITIES[exposure].label, Original: exposure },
      Types: [isAboutReach ? `${PRACTICES}/Network Reachability` : PRACTICES],
    },
  } as const;
}

interface Advice {
  readonly text: string;
  readonly url: string;
}

const FLAGGED_RULE: Advice = {
  text: 'Remove the rule or narrow its source. If it is to stay, tag it or its group as exempt, or add an exception to '
    + 'the declaration that flags it.',
  url: 'https://docs.aws.amazon.com/vpc/latest/userguide/working-with-security-group-rules.html',
};

const STALE_RULE: Advice = {
  text: 'Remove the rule. It refers to a security group that is deleted or can no longer be reached, and may take '
    + 'effect again if the connection to it is made again.',
  url: 'https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html',
};

const UNUSED_GROUP: Advice = {
  text: 'Delete the security group if nothing is going to use it. Look first at the kinds of resources that are not '
    + 'looked at.',
  url: 'https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html',
};

function remediation({ text, url }: Advice, stackName: string | undefined): SecurityFinding['Remediation'] {
  const owner = stackName === undefined ? ''
    : ` The CloudFormation stack ${stackName} owns the group, so make the change in its template.`;
  return { Recommendation: { Text: cut(`${text}${owner}`, MOST.recommendation), Url: url } };
}

interface GroupFacts {
  readonly groupId: string;
  readonly groupName?: string;
  readonly vpcId?: string;
  readonly ownerId?: string;
}

function groupResource(
  { groupId: GroupId, groupName: GroupName, vpcId: VpcId, ownerId: OwnerId }: GroupFacts, { place }: Importing,
): FindingResource {
  return {
    Type: 'AwsEc2SecurityGroup', Id: ec2Arn(`security-group/${GroupId}`, place, OwnerId), ...located(place),
    Details: { AwsEc2SecurityGroup: texts({ GroupId, GroupName, VpcId, OwnerId }) },
  };
}

const ec2Arn = (resource: string, { partition, region, account }: HubPlace, owner = account): string =>
  `arn:${partition}:ec2:${region}:${owner}:${resource}`;

/** The partitions that a resource may name. */
const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov'];

const located = ({ partition, region }: HubPlace): Pick<FindingResource, 'Partition' | 'Region'> =>
  ({ ...PARTITIONS.includes(partition) && { Partition: partition }, Region: region });

const groupNamed = (groupId: string, groupName: string | undefined): string =>
  groupName ? `${groupId} (${groupName})` : groupId;

const fields = (values: Readonly<Record<string, string | undefined>>): Record<string, string> => ({
  ProviderName: PRODUCT,
  ...Object.fromEntries(Object.entries(texts(values)).map(([name, value]) => [`${PRODUCT}/${name}`, value])),
});

/** Leaves out what is absent or blank, which Security Hub refuses. */
function texts(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(values).map(([name, value = '']) => [name, cut(value, MOST.field)] as const);
  return Object.fromEntries(given.filter(([, value]) => value.trim() !== ''));
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Returns the text in one line, with at most so many characters. No character is cut in two. */
function cut(text: string, most: number): string {
  const line = plain(text);
  if (line.length <= most) return line;
  return `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
