import { describe, expect, it } from 'vitest';
import { InvalidEnvironment, readEnvironment } from '../../functions/environment.ts';

const complete = {
  AWS_REGION: 'eu-central-1',
  KNHK_ACCOUNT: '123456789012',
  KNHK_BLOB_BUCKET: 'blobs',
  KNHK_EVENT_TABLE: 'events',
  KNHK_LOG_RETENTION_DAYS: '90',
  KNHK_PARTITION: 'aws',
  KNHK_QUEUE_ARN: 'arn:aws:sqs:eu-central-1:123456789012:work',
  KNHK_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/work',
  KNHK_SCHEDULER_ROLE_ARN: 'arn:aws:iam::123456789012:role/scheduler',
  KNHK_SCHEDULE_GROUP: 'timers',
  KNHK_STATE_TABLE: 'state',
};

function refusal(variables: Record<string, string>): InvalidEnvironment {
  try {
    readEnvironment(variables);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

describe('readEnvironment', () => {
  it('reads what the stack sets, and no endpoints', () => {
    const environment = readEnvironment(complete);
    expect(environment).toMatchObject({
      region: 'eu-central-1',
      eventTable: 'events',
      stateTable: 'state',
    });
    expect(environment).toMatchObject({
      logRetentionDays: 90,
      leaseSeconds: 60,
      endpoints: {},
    });
  });

  it('takes the endpoints of emulators', () => {
    const { endpoints } = readEnvironment({
      ...complete,
      KNHK_SQS_ENDPOINT: 'http://127.0.0.1:1',
      KNHK_S3_ENDPOINT: '',
    });
    expect(endpoints).toEqual({ sqs: 'http://127.0.0.1:1' });
  });

  it('names every variable that is missing or empty', () => {
    const { KNHK_QUEUE_URL: _, ...rest } = complete;
    const error = refusal({ ...rest, KNHK_EVENT_TABLE: '' });
    expect(error.code).toBe('Knhk.InvalidEnvironment');
    expect(error.variables).toEqual(['KNHK_EVENT_TABLE', 'KNHK_QUEUE_URL']);
    expect(error.message).toContain('KNHK_EVENT_TABLE, KNHK_QUEUE_URL');
  });

  it.each(['0', '-1', '1.5', 'ninety', '1e400'])('refuses %s days', (days) => {
    expect(refusal({ ...complete, KNHK_LOG_RETENTION_DAYS: days }).variables).toEqual(['KNHK_LOG_RETENTION_DAYS']);
  });

  it('reads policies of circuit breakers, and says what is wrong with them', () => {
    const read = readEnvironment({ ...complete, KNHK_BREAKERS: '{"*":{"minimumCalls":5}}' });
    expect(read.breakers.get('*')).toMatchObject({ minimumCalls: 5 });
    expect(readEnvironment(complete).breakers.size).toBe(0);
    const error = refusal({ ...complete, KNHK_BREAKERS: '{"*":{"probes":0}}' });
    expect(error.variables).toEqual(['KNHK_BREAKERS']);
    expect(error.message).toContain('For "*": Set probes to an integer from 1 to 100, not 0.');
  });

  it('reads rate limits, and says what is wrong with them', () => {
    const read = readEnvironment({ ...complete, KNHK_RATE_LIMITS: '{"key:*":{"rate":5,"burst":9}}' });
    expect(read.rateLimits.get('key:*')).toEqual({ rate: 5, burst: 9 });
    expect(readEnvironment(complete).rateLimits.size).toBe(0);
    const error = refusal({ ...complete, KNHK_RATE_LIMITS: '{"keys:*":{"rate":5}}' });
    expect(error.variables).toEqual(['KNHK_RATE_LIMITS']);
    expect(error.message).toContain('not "keys:*"');
  });

  it('refuses a lease of no time', () => {
    expect(refusal({ ...complete, KNHK_LEASE_SECONDS: '0' }).variables).toEqual(['KNHK_LEASE_SECONDS']);
  });
});
