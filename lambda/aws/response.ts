/**
 * Sends the response to CloudFormation's pre-signed URL. The URL is a credential, so errors of this module do not
 * contain it.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorFacts } from '../core/errors';

const ATTEMPTS = 5;
const TIMEOUT_MILLIS = 5000;

/** @throws after several attempts; the message names the code of the last failure */
export async function putResponse(url: string, body: string): Promise<void> {
  let failure = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await sleep(125 * 2 ** attempt);
    try {
      const status = await put(url, body);
      if (status >= 200 && status < 300) return;
      failure = `HTTP status ${status}`;
    } catch (error) {
      failure = errorFacts(error).code;
    }
  }
  throw Object.assign(new Error(failure), { code: failure });
}

function put(url: string, body: string): Promise<number> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const send = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      method: 'PUT',
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port || undefined,
      path: `${pathname}${search}`,
      timeout: TIMEOUT_MILLIS,
      // The URL is signed for an empty content type.
      headers: { 'content-type': '', 'content-length': Buffer.byteLength(body) },
    }, response => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    request.on('error', reject);
    request.end(body);
  });
}
