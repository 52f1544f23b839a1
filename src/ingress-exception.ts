import * as ec2 from 'aws-cdk-lib/aws-ec2';

/**
 * Traffic that may stay although a declaration names it. Give ports, peers or both.
 *
 * The exceptions of a declaration are a union: ports 80-90 and ports 91-100 together also except ports 85-95.
 */
export interface IngressException {
  /**
   * The protocols and ports that may stay, at least one.
   *
   * @default - all traffic of the peers
   */
  readonly ports?: ec2.Port[];

  /**
   * The sources that may stay, at least one.
   *
   * @default - every source of the ports
   */
  readonly peers?: ec2.IPeer[];
}
