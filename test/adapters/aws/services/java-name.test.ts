import { describe, expect, it } from 'vitest';
import { javaExceptionName, javaMemberName, javaName } from '../../../../lib/adapters/aws/services/java-name.ts';
import { packageOf } from '../../../../lib/adapters/aws/services/packages.ts';

describe('names as the SDK for Java makes them', () => {
  it.each([
    ['DynamoDB', 'DynamoDb'],
    ['SFN', 'Sfn'],
    ['Secrets Manager', 'SecretsManager'],
    ['CloudWatch Logs', 'CloudWatchLogs'],
    ['EMR containers', 'EmrContainers'],
    ['S3', 'S3'],
    ['EC2', 'Ec2'],
  ])('calls the service %s %s', (service, name) => expect(javaName(service)).toBe(name));

  it.each([
    ['DBInstanceIdentifier', 'DbInstanceIdentifier'],
    ['taskArn', 'TaskArn'],
    ['MD5OfMessageBody', 'Md5OfMessageBody'],
    ['SSEKMSKeyId', 'SsekmsKeyId'],
    ['ETag', 'ETag'],
    ['BOOL', 'Bool'],
    ['NULL', 'Nul'],
  ])('calls the member %s %s', (member, name) => expect(javaMemberName(member)).toBe(name));

  it.each([
    ['NoSuchKey', 'NoSuchKeyException'],
    ['DBInstanceNotFoundFault', 'DbInstanceNotFoundException'],
    ['ResourceNotFoundException', 'ResourceNotFoundException'],
  ])('calls the error %s %s', (shape, name) => expect(javaExceptionName(shape)).toBe(name));

  it.each([
    ['secretsmanager', 'secrets-manager'],
    ['dynamodb', 'dynamodb'],
    ['config', 'config-service'],
    ['emrserverless', 'emr-serverless'],
  ])('finds the package of %s', (service, name) => expect(packageOf(service)).toBe(name));
});
