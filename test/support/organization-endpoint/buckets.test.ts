/** Tests S3's PutObject and GetObject over the wire. */
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { OrganizationEndpoint } from './';
import { configOf, HUB, start, stopAll } from './over-the-wire';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const [Bucket, Key] = ['items', 'runs/r-1/accounts.json'];

async function withBucket() {
  const endpoint = await start();
  endpoint.addBucket(Bucket);
  return { endpoint, ...clientOf(endpoint) };
}

function clientOf(endpoint: OrganizationEndpoint, account = HUB) {
  const s3 = closing(new S3Client({ ...configOf(endpoint, account), forcePathStyle: true }));
  const getting = (input: object = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...input }));
  return {
    getting,
    put: (Body: string, input: object = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...input })),
    get: async (input?: object) => (await getting(input)).Body?.transformToString(),
  };
}

test('an object is read as it was written', async () => {
  const { endpoint, put, get, getting } = await withBucket();
  const body = JSON.stringify([{ account: '222233334444', name: 'Größe' }]);
  const { ETag } = await put(body, { ContentType: 'application/json' });
  expect(await get()).toBe(body);
  expect(await getting()).toMatchObject({ ContentType: 'application/json', ContentLength: Buffer.byteLength(body), ETag });
  expect(endpoint.buckets.keys(Bucket)).toEqual([Key]);
  expect(endpoint.buckets.read(Bucket, Key)).toBe(body);
});

test('the journal has the bucket, the key and the content', async () => {
  const { endpoint, put, get } = await withBucket();
  await put('[]');
  await get();
  expect(endpoint.calls).toMatchObject([
    { action: 'PutObject', outcome: 'OK', parameters: { Bucket, Key, Body: '[]' }, place: { account: HUB } },
    { action: 'GetObject', outcome: 'OK', parameters: { Bucket, Key } },
  ]);
});

test('an object is replaced, and one with another key is not', async () => {
  const { endpoint, put, get } = await withBucket();
  await put('1');
  await put('2', { Key: 'a key/with ü' });
  await put('3');
  expect([await get(), await get({ Key: 'a key/with ü' })]).toEqual(['3', '2']);
  endpoint.buckets.write(Bucket, Key, '4');
  expect(await get()).toBe('4');
});

test('what is not there is refused', async () => {
  const { get, put } = await withBucket();
  expect(await refusal(get())).toMatchObject({ code: 'NoSuchKey', status: 404 });
  expect(await refusal(get({ Bucket: 'others' }))).toMatchObject({ code: 'NoSuchBucket', status: 404 });
  expect(await refusal(put('x', { Bucket: 'others' }))).toMatchObject({ code: 'NoSuchBucket', status: 404 });
});

test('another account is denied, and the hub is when a test says so', async () => {
  const { endpoint, put, get } = await withBucket();
  await put('[]');
  const denied = { code: 'AccessDenied', status: 403 };
  const stranger = clientOf(endpoint, '222233334444');
  expect(await refusal(stranger.get())).toMatchObject(denied);
  expect(await refusal(stranger.put('x'))).toMatchObject(denied);
  endpoint.deny('PutObject');
  expect(await refusal(put('x'))).toMatchObject(denied);
  expect(await get()).toBe('[]');
});

test('faults strike, and a key that is refused is refused as S3 does', async () => {
  const { endpoint, put, get } = await withBucket();
  endpoint.fault({ action: 'PutObject', kind: 'throttle', times: 1 });
  expect(await refusal(put('[]'))).toMatchObject({ code: 'SlowDown', status: 503 });
  endpoint.fault({ action: 'PutObject', kind: 'error', code: 'InternalError', times: 1 });
  expect(await refusal(put('[]'))).toMatchObject({ code: 'InternalError', status: 500 });
  expect(endpoint.buckets.keys(Bucket)).toEqual([]);
  endpoint.refuseKey(`AKIA${HUB}Somebody`, 'expired');
  expect(await refusal(get())).toMatchObject({ code: 'ExpiredToken', status: 400 });
});

test('a body in chunks is refused rather than stored with its chunks', async () => {
  const { endpoint } = await withBucket();
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250101/eu-central-1/s3/aws4_request, Signature=0';
  const { status } = await fetch(`${endpoint.url}/${Bucket}/${Key}`, {
    method: 'PUT', headers: { authorization, 'content-encoding': 'aws-chunked' }, body: '2\r\n[]\r\n0\r\n\r\n',
  });
  expect(status).toBe(501);
  expect(endpoint.buckets.keys(Bucket)).toEqual([]);
});
