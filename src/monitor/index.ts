export type { Alert, AlertRule, Problem, RuleFinding } from './alerts/alert'
export {
  type ClerkSyncMonitor,
  createClerkSyncMonitor,
  type MonitorOptions,
  type MonitorStartOptions,
} from './alerts/create-monitor'
export type { MonitorResult } from './alerts/monitor'
export type {
  ConflictRuleOptions,
  DriftRuleOptions,
  EndpointRuleOptions,
  FailureRateOptions,
  MonitorRules,
  PushRuleOptions,
  SilenceOptions,
} from './alerts/monitor-rules'
export type { Monitored } from './alerts/options-of'
export { toLoggerAlert } from './alerts/to-logger-alert'
export { toWebhookAlert, type WebhookAlertOptions } from './alerts/to-webhook-alert'
export { type GetHandler, type HealthOptions, type Pingable, toHealthHandler } from './health'
export { type Measured, type MetricsOptions, toMetricsHandler } from './metrics'
