/**
 * The names of log events: the field `event` of each line that the handler logs. Saved queries ask for lines by them.
 */
export type LogEventName =
  | 'CustomResource'
  | 'DeliveryFailed'
  | 'Failed'
  | 'Finding'
  | 'Forecast'
  | 'Ledger'
  | 'Pause'
  | 'Preflight'
  | 'Restore'
  | 'Revocation'
  | 'RevocationsWithheld'
  | 'Revoking'
  | 'RuleKept'
  | 'ScanError'
  | 'Sweep'
  | 'VpcNotCovered'
  | 'VpnConnection'
  | 'VpnConnectionStateChanged';
