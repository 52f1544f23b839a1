export * from './flagged-ingress-rule';
export * from './network-hygiene';
export * from './network-hygiene-alarms';
export * from './network-hygiene-base';
export * from './network-hygiene-dashboard';
export * from './stale-rules';
export * from './vpn-connections';
