import { CfnLogGroup, ILogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { resourceBehind } from './references';

const OTHER_CLASSES: readonly string[] = [LogGroupClass.INFREQUENT_ACCESS, 'DELIVERY'];

/**
 * Logs Insights discovers the fields of JSON lines only in log groups of the Standard class.
 *
 * @throws when the log group is known to be of another class
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
export function requireStandardClass(where: string, logGroup: ILogGroup): void {
  const made = resourceBehind(logGroup, logGroup.logGroupName, CfnLogGroup.CFN_RESOURCE_TYPE_NAME);
  const logClass: unknown = made && Reflect.get(made, 'logGroupClass');
  if (typeof logClass !== 'string' || !OTHER_CLASSES.includes(logClass)) return;
  throw new Error(
    `${where}: logGroup: got a log group of the class ${logClass}, and Logs Insights discovers the fields that the queries use only in the class ${LogGroupClass.STANDARD}; give a log group of that class, or leave the queries out`,
  );
}
