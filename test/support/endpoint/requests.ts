/** Reads the parts of a request that all protocols share. */
import type { IncomingMessage } from 'node:http';

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Returns the number of the SDK's attempt, from 1. */
export function attemptOf({ headers }: IncomingMessage): number {
  return Number(/attempt=(\d+)/.exec(String(headers['amz-sdk-request'] ?? ''))?.[1] ?? 1);
}

export interface Signer {
  readonly accessKeyId: string;
  /** The Region that the request is signed for. */
  readonly region: string;
  /** The service that the request is signed for, by the name that signatures have for it, such as `monitoring`. */
  readonly service: string;
}

/** Returns who signed the request; nothing if the request is not signed. */
export function signerOf({ headers }: Pick<IncomingMessage, 'headers'>): Signer | undefined {
  const [, accessKeyId, region, service] =
    /\bCredential=([^/,]+)\/\d+\/([^/,]+)\/([^/,]+)\//.exec(String(headers.authorization ?? '')) ?? [];
  return accessKeyId === undefined ? undefined : { accessKeyId, region, service };
}
