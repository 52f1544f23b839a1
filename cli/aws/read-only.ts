/** Makes a client refuse every call that is not known to only read. */
import type { InitializeMiddleware } from '@smithy/types';
import { type Client, discreet } from './discreet';

/** The calls of `plan`, `report` and `explain`, by service. `policy` allows the same, except for that of STS. */
export const READS = {
  ec2: [
    'DescribeManagedPrefixLists', 'DescribeNetworkInterfaces', 'DescribeRegions', 'DescribeSecurityGroupRules',
    'DescribeSecurityGroups', 'DescribeSecurityGroupVpcAssociations', 'DescribeStaleSecurityGroups', 'DescribeVpcEndpoints',
    'DescribeVpcs', 'DescribeVpnConnections', 'GetManagedPrefixListEntries',
  ],
  cloudformation: ['DescribeStacks', 'ListExports', 'ListStackResources'],
  dynamodb: ['GetItem', 'Query'],
  lambda: ['GetFunctionConfiguration'],
  // It needs no permission.
  sts: ['GetCallerIdentity'],
} as const;

export type ReadingService = keyof typeof READS;

/** @returns the client, which now throws for every other call before anything is sent, and whose errors are discreet */
export function readOnly<C extends Client>(client: C, service: ReadingService): C {
  const allowed: ReadonlySet<string> = new Set(READS[service]);
  const refuse: InitializeMiddleware<object, object> = (next, context) => async args => {
    const call = (context.commandName ?? '').replace(/Command$/, '');
    if (allowed.has(call)) return next(args);
    throw Object.assign(new Error(`${service}:${call || 'an unknown call'} is not made, because this command only reads`), {
      name: 'ReadOnly',
    });
  };
  client.middlewareStack.add(refuse, { name: 'readOnly', step: 'initialize', priority: 'high' });
  return discreet(client);
}
