/** The organization to which the hub and its members are deployed. */

/** Rules may be revoked here. */
export const REVOKING = '222233334444';

/** Everything is only reported here. */
export const REPORTED = '333344445555';

/** Its roles ask for another external id, so they let nobody in. */
export const DENYING = '444455556666';

export const MEMBERS = [REVOKING, REPORTED, DENYING] as const;

/** The opt-in Region is enabled in one account only. */
export const OPT_IN_REGION = 'me-south-1';

export const REGIONS = ['us-east-1', 'eu-west-1', OPT_IN_REGION];
