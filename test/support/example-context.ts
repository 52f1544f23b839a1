/** The context of the examples that need some, as `cdk.json` would have it. */
export const EXAMPLE_CONTEXT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  organization: {
    organizationId: 'o-a1b2c3d4e5',
    root: 'r-a1b2',
    managementAccount: '111122223333',
    hubAccount: '444455556666',
    hubRegion: 'eu-central-1',
    email: 'network@example.com',
  },
};

/** The environment variables with which the CDK gives an app its context. */
export function contextOf(example: string, context = EXAMPLE_CONTEXT[example] ?? {}): { CDK_CONTEXT_JSON: string } {
  return { CDK_CONTEXT_JSON: JSON.stringify(context) };
}
