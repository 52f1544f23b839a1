/**
 * The aliases of the function. Each accepts one kind of request, so the permission to invoke it allows nothing else.
 */
import { Alias, Function, IAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Configuration, looksAtRules, tellsToRevoke } from '../contract/configuration';
import { APPROVE_ALIAS, PAUSE_ALIAS, RESTORE_ALIAS, RESUME_ALIAS, RETRY_ALIAS } from '../contract/names';

/** The aliases that decide when rules are revoked. */
export interface RevokingAliases {
  readonly pause?: IAlias;
  readonly resume?: IAlias;
  readonly retry?: IAlias;
  readonly approve?: IAlias;
}

export interface Aliases extends RevokingAliases {
  readonly restore?: IAlias;
}

export function aliases(scope: Construct, lambdaFunction: Function, configuration: Configuration): Aliases {
  const { hygiene, allowRestore } = configuration;
  const alias = aliasesOf(scope, lambdaFunction);
  return {
    ...allowRestore && {
      restore: alias('RestoreAlias', RESTORE_ALIAS, `Restores rules revoked by ${hygiene.slice(-200)}`),
    },
    ...revokingAliases(scope, lambdaFunction, configuration),
  };
}

export function revokingAliases(
  scope: Construct, lambdaFunction: Function, configuration: Configuration,
): RevokingAliases {
  const hygiene = configuration.hygiene.slice(-200);
  const alias = aliasesOf(scope, lambdaFunction);
  return {
    // Created even if nothing is revoked now, because a pause outlives a deployment that starts revoking.
    ...looksAtRules(configuration) && {
      pause: alias('PauseAlias', PAUSE_ALIAS, `Pauses revoking by ${hygiene}`),
      resume: alias('ResumeAlias', RESUME_ALIAS, `Resumes revoking by ${hygiene}`),
    },
    // Created even in a dry run or while disabled, so that a stack with a grant deploys in an emergency, too.
    ...tellsToRevoke(configuration) && {
      retry: alias('RetryAlias', RETRY_ALIAS, `Lets ${hygiene} revoke rules again that come back`),
    },
    // Created even if nothing is revoked now, for the same reason.
    ...configuration.approval && {
      approve: alias('ApproveAlias', APPROVE_ALIAS, `Approves revocations by ${hygiene}`),
    },
  };
}

type MakeAlias = (id: string, aliasName: string, description: string) => IAlias;

const aliasesOf = (scope: Construct, { latestVersion: version }: Function): MakeAlias =>
  (id, aliasName, description) => new Alias(scope, id, { aliasName, description, version });
