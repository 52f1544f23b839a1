/** The pages of lists in AWS JSON, where MaxResults is a number. */
import { page, type Page, type Paging } from '../ec2-endpoint/filters';
import type { Parameters } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface Listing {
  readonly action: string;
  readonly parameters: Parameters;
  readonly paging: Paging;
  /** The most items of a page. */
  readonly most: number;
  /** The code of the error for parameters that are not valid. */
  readonly invalid: string;
}

export function pageOf<T>(items: readonly T[], { action, parameters, paging, most, invalid }: Listing): Page<T> {
  const { MaxResults, ...others } = parameters;
  const asked = MaxResults === undefined ? others : { ...others, MaxResults: String(MaxResults) };
  const ofDouble = { ...paging, pageSize: Math.min(most, paging.pageSize ?? most) };
  try {
    return page(action, items, asked, ofDouble, [1, most]);
  } catch (error) {
    throw error instanceof ServiceError ? new ServiceError(invalid, error.message) : error;
  }
}
