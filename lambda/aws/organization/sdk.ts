/** The part of the SDK that only the hub of an organization loads. */
export type Sdk = typeof import('../../../bundle/organization-sdk');
