export * from './flagged-ingress-rule';
export * from './network-hygiene';
export * from './stale-rules';
export * from './vpn-connections';
