/** The aliases of the function. Each takes one kind of request, so that leave to invoke it is leave for that alone. */
import { Alias, Function, IAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Configuration, looksAtRules } from '../contract/configuration';
import { PAUSE_ALIAS, RESTORE_ALIAS, RESUME_ALIAS } from '../contract/names';

export interface Aliases {
  readonly restore?: IAlias;
  readonly pause?: IAlias;
  readonly resume?: IAlias;
}

export function aliases(scope: Construct, { latestVersion: version }: Function, configuration: Configuration): Aliases {
  const hygiene = configuration.hygiene.slice(-200);
  const alias = (id: string, aliasName: string, description: string): IAlias =>
    new Alias(scope, id, { aliasName, description, version });
  return {
    ...configuration.allowRestore && {
      restore: alias('RestoreAlias', RESTORE_ALIAS, `Restores rules revoked by ${hygiene}`),
    },
    // Also where nothing is revoked: a pause outlives a deployment that makes it matter.
    ...looksAtRules(configuration) && {
      pause: alias('PauseAlias', PAUSE_ALIAS, `Pauses revoking by ${hygiene}`),
      resume: alias('ResumeAlias', RESUME_ALIAS, `Resumes revoking by ${hygiene}`),
    },
  };
}
