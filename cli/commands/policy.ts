/** `policy`: the IAM policy that `plan`, `report` and `explain` need. No call is made. */
import { isImporting } from './constructs';
import { explainingConfiguration, reportConfiguration } from './flagged';
import { ExitCode, type Outcome } from './outcome';
import { type Configuration, type DecodedConfiguration, looksAtRules } from '../../src/contract/configuration';
import { CONFIGURATION_PROPERTY, LEDGER_PROPERTY } from '../../src/contract/names';
import { neededReads } from '../../src/contract/needed-actions';
import { placePartitions } from '../../src/contract/organization';
import { readAssembly } from '../app/assembly';
import { type HygieneOfApp, hygienesOf, select } from '../app/hygienes';
import { fieldsOf, isFields, textOf } from '../app/json';
import { resolveText } from '../app/tokens';
import { READS } from '../aws/read-only';
import type { PolicyArguments } from '../usage/arguments';
import { DEFAULT_FOLDER } from '../usage/commands';
import { UsageError } from '../usage/usage-error';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** @throws UsageError when the app or a file of flags cannot be read */
export function policy(given: PolicyArguments): Outcome {
  const data = policyOf(given);
  return {
    document: { title: 'Policy', lead: [], sections: [], closing: [], data, records: { columns: [], rows: [] } },
    exitCode: ExitCode.NOTHING,
  };
}

export function policyOf(given: PolicyArguments): Policy {
  const isReport = given.flags.length + given.flagFiles.length + given.vpcIds.length > 0 || given.stale || given.vpn;
  const { folder, stacks: stack, constructs: construct } = given;
  const isSelected = stack.length + construct.length > 0;
  const hygienes = folder === undefined && !isSelected
    ? [] : select(hygienesOf(readAssembly(folder ?? DEFAULT_FOLDER)), { stack, construct });
  const needed = [
    ...hygienes.map(({ properties, isHub }) => {
      const configuration = configurationAtSynthesis(properties);
      return isHub ? readingOfHub(configuration) : reading(configuration);
    }),
    ...isReport ? [readingOfReport(reportConfiguration(given))] : [],
    ...given.flags.length + given.flagFiles.length > 0 ? [readingOfExplanation(explainingConfiguration(given))] : [],
  ];
  const isAnything = needed.length === 0;
  const reads = READS.ec2.filter(action => isAnything || needed.some(each => each.has(action)));
  const isOfApp = isAnything || hygienes.length > 0;
  const ofStacks = READS.cloudformation
    .filter(action => action !== 'ListExports' || isAnything || hygienes.some(isImporting));
  return {
    Version: '2012-10-17',
    Statement: [
      // Describe actions have no resource level.
      { Sid: 'ReadTheNetwork', Effect: 'Allow', Action: reads.map(action => `ec2:${action}`), Resource: '*' },
      ...isOfApp ? [
        statement('ReadDeployedStacks', ofStacks.map(action => `cloudformation:${action}`)),
        ...ledgerStatements(hygienes),
      ] : [],
      ...hygienes.some(hasOwnKey) ? [{
        ...statement('ReadTheEncryptedLedger', ['kms:Decrypt']),
        Condition: { StringLike: { 'kms:ViaService': 'dynamodb.*.amazonaws.com' } },
      }] : [],
    ],
  };
}

const statement = (Sid: string, Action: readonly string[]): Statement => ({ Sid, Effect: 'Allow', Action, Resource: '*' });

/** Only a caller in the account of a hub reads its ledger. */
function ledgerStatements(hygienes: readonly HygieneOfApp[]): Statement[] {
  const reads = READS.dynamodb.map(action => `dynamodb:${action}`);
  const [hubs, others] = [true, false].map(isHub => hygienes.filter(each => each.isHub === isHub));
  return [
    ...hygienes.length === 0 ? [statement('ReadTheLedger', reads)] : [],
    ...others.length === 0 ? [] : [{ ...statement('ReadTheLedger', reads), Condition: ofPartitions(others) }],
    ...hubs.length === 0 ? [] : [{ ...statement('ReadTheLedgerOfTheHub', reads), Condition: ofPlaces(hubs) }],
  ];
}

const reading = (configuration: Configuration | DecodedConfiguration): ReadonlySet<string> =>
  new Set(neededReads(configuration));

/** It asks which Regions are enabled. A run of a hub waits for no change of what connects VPCs. */
const readingOfHub = (configuration: Configuration): ReadonlySet<string> =>
  new Set([...neededReads({ ...configuration, changeTrigger: undefined }), 'DescribeRegions']);

/** Unlike a function, a report settles no rules that an earlier configuration left open. */
function readingOfReport(configuration: DecodedConfiguration): ReadonlySet<string> {
  return looksAtRules(configuration) ? reading(configuration)
    : new Set(neededReads(configuration).filter(action => action !== 'DescribeSecurityGroupRules'));
}

/** It looks for stale rules in any case, but only in the VPC of one rule, so it needs no proof about others. */
const readingOfExplanation = (configuration: DecodedConfiguration): ReadonlySet<string> =>
  new Set(neededReads(configuration).filter(action => action !== 'DescribeSecurityGroupVpcAssociations'));

/** Several constructs may share a table, and each has a partition of its own. */
function ofPartitions(hygienes: readonly HygieneOfApp[]): Statement['Condition'] {
  const names = hygienes.map(({ name }) => name);
  // A name that is not known now cannot be named here.
  if (names.includes(undefined)) return undefined;
  return { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': names.flatMap(name => name ?? []) } };
}

/** A hub has a partition for each account and Region. Its name has no character that means something to IAM. */
function ofPlaces(hubs: readonly HygieneOfApp[]): Statement['Condition'] {
  const names = hubs.map(({ name }) => name);
  if (names.includes(undefined)) return undefined;
  const partitions = names.flatMap(name => name === undefined ? [] : [name, placePartitions(name)]);
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } };
}

/** Which calls are made does not depend on values that are known at deployment only. */
function configurationAtSynthesis(properties: HygieneOfApp['properties']): Configuration {
  const json: unknown = JSON.parse(resolveText(properties[CONFIGURATION_PROPERTY]).text);
  if (isFields(json) && Array.isArray(json.flaggedIngressRules)) return json as unknown as Configuration;
  throw new UsageError('The app was synthesized by another version of cdk-network-hygiene. Synthesize it again');
}

/** Whether the table has a key of the account. DynamoDB decrypts with the permissions of the caller. */
function hasOwnKey({ properties, template }: HygieneOfApp): boolean {
  const table = textOf(fieldsOf(properties[LEDGER_PROPERTY]).Ref);
  const { SSESpecification } = (table === undefined ? undefined : template.resources.get(table))?.properties ?? {};
  return fieldsOf(SSESpecification).KMSMasterKeyId !== undefined;
}
