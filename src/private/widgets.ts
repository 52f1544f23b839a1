import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { NetworkHygiene } from '../network-hygiene';
import type { FindingsWidgetOptions } from '../network-hygiene-dashboard';

export function widgets(hygiene: NetworkHygiene): cloudwatch.IWidget[] {
  return [findingsWidget(hygiene, {})];
}

export function findingsWidget(hygiene: NetworkHygiene, options: FindingsWidgetOptions): cloudwatch.CustomWidget {
  return new cloudwatch.CustomWidget({ title: 'Findings', width: 24, height: 12, ...options, functionArn: hygiene.findingsFunction.functionArn });
}
