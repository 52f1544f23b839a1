/** The reasons for which a verdict of ours differs from that of another tool. docs/flagging.md lists all of them. */
export const DIFFERENCES = {
  PROTOCOL: 'UDP 443 or UDP 22, where TCP is meant',
  UNION: '`tcp 80-81`, where 80 and 81 may stay',
  SPLIT: '`tcp 22 from 0.0.0.0/1`, half of the internet',
  ALL_TRAFFIC: 'all traffic, where only some ports may stay',
  NAMED_PROTOCOL: '`tcp 22`, where the policy names protocol -1',
  EVERYONE: '0.0.0.0/0, where narrower public addresses are meant',
  PREFIX_LIST: 'a prefix list with public entries',
  IN_USE: 'a default group that a network interface uses',
} as const;

export type Difference = keyof typeof DIFFERENCES;
