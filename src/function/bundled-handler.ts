import * as path from 'path';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/**
 * Returns what the functions of the bundle have in common. It is a new object for each function, because CDK binds code
 * to the stack that uses it first.
 */
export function bundledHandler(): Pick<lambda.FunctionProps, 'code' | 'runtime' | 'architecture' | 'memorySize'> {
  return {
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'handler')),
    // Not every supported version of CDK has a constant for this runtime.
    runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 512,
  };
}
