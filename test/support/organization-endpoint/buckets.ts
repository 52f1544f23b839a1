/** S3's PutObject and GetObject. A bucket lets in its own account only. */
import { createHash } from 'node:crypto';
import type { Answer } from '../ec2-endpoint/protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

interface StoredObject {
  readonly content: string;
  readonly contentType?: string;
}

interface Bucket {
  readonly account: string;
  readonly objects: Map<string, StoredObject>;
}

export class Buckets {
  private readonly buckets = new Map<string, Bucket>();

  public add(name: string, account: string): void {
    this.buckets.set(name, { account, objects: new Map() });
  }

  /** Returns the keys of a bucket in the order in which they were written first. */
  public keys(bucket: string): string[] {
    return [...this.buckets.get(bucket)?.objects.keys() ?? []];
  }

  /** Returns the content of an object. Like the next method, it bypasses faults, hooks and the journal. */
  public read(bucket: string, key: string): string | undefined {
    return this.buckets.get(bucket)?.objects.get(key)?.content;
  }

  /** @throws when there is no such bucket */
  public write(bucket: string, key: string, content: string): void {
    const found = this.buckets.get(bucket);
    if (!found) throw new Error(`There is no bucket ${bucket}`);
    found.objects.set(key, { content });
  }

  public putObject(parameters: Parameters, account: string): Answer {
    const { objects } = this.open(parameters, account);
    const stored = { content: text(parameters.Body) ?? '', contentType: text(parameters.ContentType) };
    objects.set(keyOf(parameters), stored);
    return { ETag: etag(stored) };
  }

  public getObject(parameters: Parameters, account: string): Answer {
    const stored = this.open(parameters, account).objects.get(keyOf(parameters));
    if (!stored) throw new ServiceError('NoSuchKey', 'The specified key does not exist.', 404);
    return { Body: stored.content, ContentType: stored.contentType ?? 'application/octet-stream', ETag: etag(stored) };
  }

  private open({ Bucket: name }: Parameters, account: string): Bucket {
    const bucket = this.buckets.get(text(name) ?? '');
    if (!bucket) throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (bucket.account !== account) throw new ServiceError('AccessDenied', 'Access Denied', 403);
    return bucket;
  }
}

const keyOf = ({ Key }: Parameters): string => text(Key) ?? '';

const etag = ({ content }: StoredObject): string => `"${createHash('md5').update(content).digest('hex')}"`;
