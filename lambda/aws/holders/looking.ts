/** Reads lists to their end, asks about each item, and collects what holds security groups. */
import { type AnyClient, type Format, groupIdsIn, isEmptyAnswer, takeGroupIds, unusable } from './answers';
import { EC2Client } from '../../../bundle/holders-sdk';
import { inParallel } from '../../core/lists';
import type { Held, Whereabouts } from '../../core/ports';
import { paceRetries } from '../pace-retries';
import type { Pacer } from '../pacing';

/** A call that hangs is ended and retried. A throttled call waits at most 1, 2 and 4 seconds. */
const CLIENT = {
  maxAttempts: 4, retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true },
} as const;

/** The number of items that a check asks about at a time. */
const ASKED_AT_A_TIME = 5;

/** The number of items that a check asks about one by one. More would take the time of the sweep. */
const MOST_ASKED = 2000;

/** A version of a launch template that a resource names. Latest and default versions are read anyway. */
export interface NamedVersion {
  /** The id or the name of the template. */
  readonly template: { readonly LaunchTemplateId: string } | { readonly LaunchTemplateName: string };
  readonly version: string;
}

/** The things that the checks of one search share. */
export interface Search extends Whereabouts {
  /** The Region, the credentials and the connections of the clients. Absent: those of the function, and new ones. */
  readonly client?: { readonly region: string; readonly credentials: object; readonly requestHandler: object };
  readonly pacer: Pacer;
  readonly signal?: AbortSignal;
}

type Page<I> = readonly [items: readonly I[] | undefined, next: string | undefined];

/** One check: it collects the security groups that its calls name. */
export class Look {
  private readonly groupIds = new Set<string>();
  private readonly groupNames = new Set<string>();
  private readonly versions = new Map<string, NamedVersion>();
  private asked = 0;
  private answers = 0;

  constructor(private readonly search: Search) {}

  get held(): Held {
    return { groupIds: this.groupIds, groupNames: this.groupNames };
  }

  /** Whether a service other than EC2 has answered. */
  get hasAnswered(): boolean {
    return this.answers > 0;
  }

  get namedVersions(): NamedVersion[] {
    return [...this.versions.values()];
  }

  get options(): { readonly abortSignal?: AbortSignal } {
    return { abortSignal: this.search.signal };
  }

  /** Creates a client of a service other than EC2. It lives as long as the check. */
  client<T extends AnyClient>(Client: new (configuration: typeof CLIENT) => T, format: Format): T {
    const client = new Client({ ...CLIENT, ...this.search.client } as typeof CLIENT);
    takeGroupIds(client, format, () => {
      this.answers += 1;
    });
    return client;
  }

  /** Creates a client of EC2. The calls of the sweep take their tokens from the same buckets. */
  ec2(): EC2Client {
    const client = new EC2Client({ ...CLIENT, ...this.search.client } as typeof CLIENT);
    takeGroupIds(client, 'xml');
    paceRetries(client, this.search.pacer);
    return client;
  }

  /** Paces a call to EC2. */
  async paced<T>(action: string, call: () => Promise<T>): Promise<T> {
    const { pacer, signal } = this.search;
    await pacer.admit(action, signal);
    return pacer.run(action, call);
  }

  /**
   * Reads a list to its end. Every security group that a page names is held.
   *
   * @throws `UnusableAnswer` if a page is not one
   */
  async list<A extends object, I>(
    action: string, call: (token: string | undefined) => Promise<A>, read: (answer: A) => Page<I>,
  ): Promise<I[]> {
    const all: I[] = [];
    const seen = new Set<string>();
    let token: string | undefined;
    do {
      const answer = await call(token);
      const [items, next] = read(answer);
      // A service may leave out an empty list. Any other response without the list is not one of this action.
      if (items === undefined && !isEmptyAnswer(answer)) throw unusable(action, 'it has no list');
      if (items?.some(each => each === null || each === undefined)) throw unusable(action, 'its list has an empty item');
      this.take(answer);
      for (const item of items ?? []) all.push(item);
      token = next || undefined;
      if (token !== undefined && seen.has(token)) throw unusable(action, 'it has the same token as an earlier page');
      if (token !== undefined) seen.add(token);
    } while (token !== undefined);
    return all;
  }

  /**
   * Asks about each item. Every security group that an answer names is held.
   *
   * @param ask returns the answer, unless it is already taken, and whether it is about the item
   * @throws when there are too many items, or an answer is not about its item
   */
  async each<I>(
    action: string, items: readonly I[],
    ask: (item: I) => Promise<readonly [answer: object | undefined, isAboutIt: boolean]>,
  ): Promise<void> {
    this.asked += items.length;
    if (this.asked > MOST_ASKED) {
      throw new Error(`There are more than ${MOST_ASKED} items to ask about with ${action}`);
    }
    await inParallel(ASKED_AT_A_TIME, items, async item => {
      const [answer, isAboutIt] = await ask(item);
      if (!isAboutIt) throw unusable(action, 'it is not about what was asked for');
      if (answer !== undefined) this.take(answer);
    });
  }

  /** Takes names of security groups, which stand where ids may stand as well. */
  takeNames(names: Iterable<string | undefined>): void {
    for (const name of names) if (name !== undefined && !/^sg-/i.test(name)) this.groupNames.add(name);
  }

  /** Takes the versions of launch templates that an answer names. */
  takeVersions(answer: object): void {
    for (const each of versionsIn(answer)) this.versions.set(JSON.stringify(each), each);
  }

  private take(answer: object): void {
    for (const groupId of groupIdsIn(answer)) this.groupIds.add(groupId);
  }
}

/** Returns the name or id of an item. @throws `UnusableAnswer` if the item has none */
export function named(action: string, value: string | undefined): string {
  if (value) return value;
  throw unusable(action, 'an item of its list has no name');
}

function versionsIn(value: unknown): NamedVersion[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(versionsIn);
  const own = versionOf(value as Record<string, unknown>);
  return [...own ? [own] : [], ...Object.values(value).flatMap(versionsIn)];
}

/** Services write the members of a specification of a launch template in different ways. */
function versionOf(value: Record<string, unknown>): NamedVersion | undefined {
  const text = (...keys: string[]): string | undefined =>
    keys.map(key => value[key]).find((each): each is string => typeof each === 'string' && each !== '');
  const id = text('LaunchTemplateId', 'launchTemplateId', 'id');
  const name = text('LaunchTemplateName', 'launchTemplateName');
  const version = text('Version', 'version');
  if (version === undefined || !/^\d+$/.test(version)) return undefined;
  if (id !== undefined && /^lt-/.test(id)) return { template: { LaunchTemplateId: id }, version };
  return name === undefined ? undefined : { template: { LaunchTemplateName: name }, version };
}
