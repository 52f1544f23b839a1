/**
 * CloudTrail's DescribeTrails, GetTrailStatus and GetEventSelectors.
 *
 * A shadow trail is the copy of a trail of another Region, or of an organization's trail in a member account. It is
 * found by its ARN only.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
 */
import type { Network } from './network';
import type { Answer } from './protocols';
import type { Xml } from './xml';
import { type Parameters, text, texts } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface Trail {
  readonly name: string;
  readonly trailArn: string;
  readonly homeRegion: string;
  readonly isMultiRegion: boolean;
  readonly isOrganization: boolean;
  /** Whether it logs events of this Region. */
  isLogging: boolean;
  /** As CloudTrail returns them. The default logs all management events. */
  eventSelectors?: Xml;
  advancedEventSelectors?: Xml;
}

/** A trail that was created without selectors has this one. */
const DEFAULT_SELECTORS: Xml = [
  { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
];

/** Completes the trail of a test: a trail of this account and Region that logs. */
export function trailOf(trail: Partial<Trail> & Pick<Trail, 'name'>, { accountId, region }: Network): Trail {
  const homeRegion = trail.homeRegion ?? region;
  return {
    trailArn: `arn:aws:cloudtrail:${homeRegion}:${accountId}:trail/${trail.name}`,
    homeRegion, isMultiRegion: homeRegion !== region, isOrganization: false, isLogging: true, ...trail,
  };
}

export class Trails {
  private readonly trails = new Map<string, Trail>();

  constructor(private readonly network: Network) {}

  public add(trail: Trail): Trail {
    this.trails.set(trail.trailArn, trail);
    return trail;
  }

  public describe({ trailNameList, includeShadowTrails }: Parameters): Answer {
    const names = texts(trailNameList);
    const here = [...this.trails.values()].filter(trail => this.isHere(trail));
    const asked = names.length === 0
      ? here.filter(trail => includeShadowTrails !== false || !this.isShadow(trail))
      : here.filter(trail => names.some(name => this.isCalled(trail, name)));
    return {
      trailList: asked.map(({ name, trailArn, homeRegion, isMultiRegion, isOrganization, advancedEventSelectors }) => ({
        Name: name, TrailARN: trailArn, HomeRegion: homeRegion, IsMultiRegionTrail: isMultiRegion,
        IsOrganizationTrail: isOrganization, HasCustomEventSelectors: advancedEventSelectors !== undefined,
      })),
    };
  }

  public status({ Name }: Parameters): Answer {
    return { IsLogging: this.require(Name).isLogging };
  }

  public selectors({ TrailName }: Parameters): Answer {
    const { trailArn, eventSelectors, advancedEventSelectors } = this.require(TrailName);
    return {
      TrailARN: trailArn,
      ...advancedEventSelectors === undefined
        ? { EventSelectors: eventSelectors ?? DEFAULT_SELECTORS }
        : { AdvancedEventSelectors: advancedEventSelectors },
    };
  }

  private require(given: Parameters[string] | undefined): Trail {
    const name = text(given) ?? '';
    if (!/^(arn:aws[\w-]*:cloudtrail:[\w-]+:\d{12}:trail\/)?[a-zA-Z0-9][\w.-]{2,127}$/.test(name)) {
      throw new ServiceError('InvalidTrailNameException', `Trail name or ARN is not valid: ${name}`);
    }
    const trail = [...this.trails.values()].find(each => this.isHere(each) && this.isCalled(each, name));
    if (trail) return trail;
    throw new ServiceError('TrailNotFoundException', `Unknown trail: ${name} for the user: ${this.network.accountId}`);
  }

  private isHere({ homeRegion, isMultiRegion }: Trail): boolean {
    return isMultiRegion || homeRegion === this.network.region;
  }

  private isShadow({ homeRegion, trailArn }: Trail): boolean {
    return homeRegion !== this.network.region || trailArn.split(':')[4] !== this.network.accountId;
  }

  private isCalled(trail: Trail, name: string): boolean {
    return trail.trailArn === name || (trail.name === name && !this.isShadow(trail));
  }
}
