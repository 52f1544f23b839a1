/** Where a command looked, and with whose credentials. */
import type { Session } from '../aws/session';
import type { Cell } from '../render/document';

export type Place = Pick<Session, 'account' | 'region' | 'arn'>;

export const placeWords = ({ account, region, arn }: Place): Cell =>
  ({ text: `Account ${account}, Region ${region}, as ${arn}` });

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
