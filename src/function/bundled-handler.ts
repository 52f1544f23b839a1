import * as path from 'path';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/**
 * What the functions of the bundle have in common. Made anew for each, because CDK ties code to the stack that it is
 * first used in.
 */
export function bundledHandler(): Pick<lambda.FunctionProps, 'code' | 'runtime' | 'architecture' | 'memorySize'> {
  return {
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'handler')),
    // CDK versions that the library supports do not all have a constant for it.
    runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 512,
  };
}
