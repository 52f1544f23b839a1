/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundle. In Lambda the credentials are in the environment or, with
 * SnapStart, at the container credentials address. Profiles, SSO and instance metadata never apply, and their code
 * would be a third of the bundle.
 */
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';

type Init = Parameters<typeof fromEnv>[0] & Parameters<typeof fromHttp>[0];
type Provider = ReturnType<typeof fromEnv> | ReturnType<typeof fromHttp>;

export const defaultProvider = (init: Init = {}): Provider =>
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI ? fromHttp(init) : fromEnv(init);
