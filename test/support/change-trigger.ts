/** A construct whose sweeps are also triggered by changes. */
import { Construct } from 'constructs';
import { ChangeTrigger, NetworkHygiene, NetworkHygieneProps } from '../../src';

export function withChangeTrigger(scope: Construct, id: string, props: NetworkHygieneProps = {}): NetworkHygiene {
  return new NetworkHygiene(scope, id, { ...props, changeTrigger: ChangeTrigger.cloudTrail() });
}
