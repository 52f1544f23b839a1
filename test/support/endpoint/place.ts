/** Where a call is made: in one account and one Region. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** Confines something to an account, to a Region, or to both. */
export type Confinement = Partial<Place>;

/** A call without a place is outside of every confinement. */
export function isWithin(place: Place | undefined, { account, region }: Confinement): boolean {
  return (account === undefined || account === place?.account) && (region === undefined || region === place?.region);
}
