/** Asks EC2 which Regions are enabled in an account. */
import { checkAnswers } from './wire';
import { DescribeRegionsCommand, type EC2Client } from '../../bundle/sdk';
import { UnusableAnswer } from '../core/errors';

/** @throws EC2's error */
export async function enabledRegions(ec2: EC2Client, abortSignal?: AbortSignal): Promise<string[]> {
  checkAnswers(ec2);
  const { Regions } = await ec2.send(new DescribeRegionsCommand({}), { abortSignal });
  if (Regions === undefined) throw new UnusableAnswer('DescribeRegions returned no list of Regions', []);
  return Regions.flatMap(({ RegionName }) => RegionName ?? []);
}
