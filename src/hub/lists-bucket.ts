import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RUNS_PREFIX } from '../contract/organization';
import { acknowledgeRule } from '../function/acknowledgements';
import { followName } from '../validation/identity';

/**
 * Creates the bucket for the lists of accounts, because a distributed map reads its items from S3. A list holds ids of
 * accounts, and is needed for as long as its run.
 *
 * The bucket stays when the stack is deleted. CloudFormation fails to delete a bucket with objects, and to empty it
 * takes one more function. S3 empties it within two days, and then it costs nothing.
 */
export function listsBucket(scope: Construct, hygieneName: string, encryptionKey: IKey | undefined): Bucket {
  const bucket = new Bucket(scope, 'Lists', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
    encryptionKey,
    bucketKeyEnabled: encryptionKey ? true : undefined,
    lifecycleRules: [{ prefix: RUNS_PREFIX, expiration: Duration.days(1) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  followName(bucket, hygieneName, 'Lists');
  acknowledgeRule(
    bucket.node.defaultChild as CfnBucket, 'S1',
    'The bucket holds lists of account ids for a day. One function writes them, and one state machine reads them.',
  );
  return bucket;
}
