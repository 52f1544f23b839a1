/** The arguments of the command line, once they have been read. */
import type { CommandName, PlainFormat } from './commands';
import type { ApproveRequest } from '../../lambda/core/act/approve';
import type { Format } from '../render/document';

/** The options that every command has. */
export interface Everywhere {
  readonly profile?: string;
  /** Without repetitions. Empty: none was given. */
  readonly regions: readonly string[];
  readonly roleArn?: string;
  /** Only with `roleArn`. It must not be shown. */
  readonly externalId?: string;
  /** The account that the credentials must belong to. */
  readonly account?: string;
  readonly format: Format;
  /** The file to write to. Absent: standard output. */
  readonly output?: string;
  /** Whether colors may be written. */
  readonly color: boolean;
}

/** The stacks and constructs to take from an app. Empty lists: all of them. */
export interface Selection {
  readonly stacks: readonly string[];
  readonly constructs: readonly string[];
}

/** Texts of flags, which are valid, and files with flags, which have not been read. */
export interface GivenFlags {
  readonly flags: readonly string[];
  readonly flagFiles: readonly string[];
}

export interface ReportOptions extends GivenFlags {
  /** Empty: every VPC. */
  readonly vpcIds: readonly string[];
  readonly stale: boolean;
  readonly vpn: boolean;
}

export interface PlanArguments extends Everywhere, Selection {
  readonly command: 'plan';
  readonly folder: string;
  /** Whether the ledger of the deployed construct may be read. */
  readonly ledger: boolean;
}

export interface ReportArguments extends Everywhere, ReportOptions {
  readonly command: 'report';
  /** The app whose constructs say what to look for. Absent: the other options say it. */
  readonly app?: { readonly folder: string } & Selection;
}

export interface ExplainArguments extends Everywhere {
  readonly command: 'explain';
  readonly securityGroupRuleIds: readonly string[];
  readonly declared:
    /** Without a folder, the default is read if it exists. */
    | ({ readonly kind: 'app'; readonly folder?: string; readonly ledger: boolean } & Selection)
    | ({ readonly kind: 'flags' } & GivenFlags);
}

/** Where the deployed function is. */
export type Target =
  | ({ readonly kind: 'app'; readonly folder: string } & Selection)
  | { readonly kind: 'function'; readonly functionName: string };

/** The options of the commands about a deployed function. */
export interface Deployed extends Everywhere {
  readonly format: PlainFormat;
  readonly target: Target;
}

export interface StatusArguments extends Deployed {
  readonly command: 'status';
}

export interface RestoreArguments extends Deployed {
  readonly command: 'restore';
  readonly request: { readonly securityGroupRuleIds: readonly string[] } | { readonly sweepId: string };
}

export interface PauseArguments extends Deployed {
  readonly command: 'pause';
  /** ISO 8601 in UTC. */
  readonly until: string;
  readonly reason: string;
}

export interface ResumeArguments extends Deployed {
  readonly command: 'resume';
}

export interface RetryArguments extends Deployed {
  readonly command: 'retry';
  readonly securityGroupRuleIds: readonly string[];
}

export interface ApproveArguments extends Deployed {
  readonly command: 'approve';
  readonly request: ApproveRequest;
}

export interface PolicyArguments extends Everywhere, Selection, ReportOptions {
  readonly command: 'policy';
  /** The folder of an app. Absent: none was given. */
  readonly folder?: string;
}

export interface HelpArguments {
  readonly command: 'help';
  /** The command to show the help of. Absent: the whole program. */
  readonly topic?: CommandName;
}

export interface VersionArguments {
  readonly command: 'version';
}

export type Parsed =
  | PlanArguments | ReportArguments | ExplainArguments | StatusArguments | RestoreArguments | PauseArguments
  | ResumeArguments | RetryArguments | ApproveArguments | PolicyArguments | HelpArguments | VersionArguments;
