/**
 * The values of the field `event` in the lines that the handler logs. Saved queries filter by them.
 */
export type LogEventName =
  | 'Change'
  | 'ChangeTrigger'
  | 'ChangeUnread'
  | 'CustomResource'
  | 'DeliveryFailed'
  | 'Failed'
  | 'Finding'
  | 'Forecast'
  | 'FullSweep'
  | 'Ledger'
  | 'Pause'
  | 'Preflight'
  | 'Replacing'
  | 'Restore'
  | 'Retry'
  | 'Revocation'
  | 'RevocationsWithheld'
  | 'Revoking'
  | 'RuleKept'
  | 'ScanError'
  | 'Sweep'
  | 'VpcNotCovered'
  | 'VpnConnection'
  | 'VpnConnectionPending'
  | 'VpnConnectionStateChanged';
