import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export function queryDefinitions(scope: Construct, logGroup: logs.ILogGroup): logs.QueryDefinition[] {
  return [new logs.QueryDefinition(scope, 'Query', { queryDefinitionName: scope.node.path, logGroups: [logGroup] })];
}
