/** The second process of bench-organization.ts: the doubles of AWS in which the organization exists. */
import { type DoublesOptions, OrganizationDoubles } from './organization-doubles';

export interface SecondOptions extends DoublesOptions {
  /** The configuration of the hub that is in force. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Asks for a list of accounts that the hub has written, or for a report. */
export type DoublesRequest = { readonly list: string } | 'report';

async function main(): Promise<void> {
  const { configuration, ...options } = JSON.parse(process.argv[2]) as SecondOptions;
  const doubles = await OrganizationDoubles.start(options);
  await doubles.putIntoForce(configuration);
  process.on('message', (request: DoublesRequest) => {
    const answer: Promise<unknown> = request === 'report' ? doubles.report() : doubles.readList(request.list);
    void answer.then(it => process.send?.(it));
  });
  process.send?.(doubles.address);
}

void main();
