export type { ClerkAccess } from './clerk-api/clerk-api'
export {
  type ClerkSync,
  type ClerkSyncOptions,
  createClerkSync,
} from './create-clerk-sync'
export { type ClerkSession, toCurrentUser } from './current-user'
export type { DiagnoseOptions, Finding } from './diagnose/diagnose'
export {
  ClerkSyncError,
  type ClerkSyncErrorCode,
  isClerkSyncError,
  type WebhookVerificationCode,
  WebhookVerificationError,
} from './errors'
export type {
  ClerkDeletedJSON,
  ClerkEmailAddressJSON,
  ClerkEvent,
  ClerkEventData,
  ClerkEventType,
  ClerkMembershipEvent,
  ClerkOrganizationDeletedEvent,
  ClerkOrganizationEvent,
  ClerkPhoneNumberJSON,
  ClerkResourceJSON,
  ClerkUserDeletedEvent,
  ClerkUserEvent,
  ClerkUserJSON,
  ClerkWebhookEvent,
  UnknownClerkEvent,
  VerifiedClerkEvent,
} from './events/events'
export type {
  ClerkOrganizationInvitationAcceptedJSON,
  ClerkOrganizationInvitationJSON,
  ClerkWaitlistEntryJSON,
} from './events/invitation'
export type { ClerkOrganizationMembershipJSON, MembershipPair } from './events/membership'
export type { ClerkEmailJSON, ClerkSmsJSON } from './events/message'
export type { ClerkOrganizationDomainJSON, ClerkOrganizationJSON } from './events/organization'
export type { ClerkPaymentAttemptJSON } from './events/payment-attempt'
export type {
  ClerkDeletedPermissionJSON,
  ClerkDeletedRoleJSON,
  ClerkPermissionJSON,
  ClerkRoleJSON,
} from './events/role'
export type { ClerkSessionJSON } from './events/session'
export type { ClerkSubscriptionItemJSON, ClerkSubscriptionJSON } from './events/subscription'
export type {
  ClerkHooks,
  Hook,
  HookContext,
  MembershipHook,
  MembershipHookContext,
  OrganizationHook,
  OrganizationHookContext,
} from './hooks/hooks'
export type {
  BackfillCounts,
  BackfillOptions,
  BackfillProgress,
  BackfillResult,
  ResourceBackfill,
} from './jobs/backfill/backfill-report'
export type { LastBackfill } from './jobs/backfill/last-backfill'
export type { LinkedUser, LocalUser } from './jobs/push/create-pushes'
export type { PushProgress, PushResult, PushRunOptions } from './jobs/push/push-report'
export type { RegisterLocalUsersOptions, RegisterLocalUsersResult } from './jobs/push/register-local-users'
export type { RegisterOptions } from './jobs/push/registration-body'
export type { PushWorker, PushWorkerOptions } from './jobs/push/start-push-worker'
export type { LastReconcile } from './jobs/reconcile/last-reconcile'
export type {
  DriftKind,
  DriftReport,
  ReconcileOptions,
  ReconcileProgress,
  ReconcileReport,
  ResourceReconcile,
} from './jobs/reconcile/reconcile-report'
export type { Unstored } from './jobs/reconcile/unstored'
export type { FailureCause } from './jobs/run/failure-tally'
export type { JobFailure } from './jobs/run/job-failure'
export type { ResourceOption } from './jobs/run/job-resources'
export type { Logger } from './logger'
export { type MappedMembership, mapClerkMembership } from './map/map-clerk-membership'
export { type MappedOrganization, mapClerkOrganization } from './map/map-clerk-organization'
export { type MappedProfile, mapClerkUser, primaryEmail } from './map/map-clerk-user'
export { isPlaceholder } from './map/placeholder'
export { type Plain, toPlainMembership, toPlainOrganization, toPlainUser } from './map/to-plain-user'
export type { DeliveryLatency, DeliveryPeriod, DeliverySlot } from './monitor/delivery-period'
export type { DeliveryStatus } from './monitor/delivery-status'
export type { FoundDocument } from './monitor/look-up'
export type { ResourceStatus, SyncStatus } from './monitor/status'
export type { ReportedConflict } from './resolved-options'
export type { ClerkStore, Dependents, JobStoreOptions, StoreDiagnoseContext, StoreDiagnosis } from './store/clerk-store'
export type { DeliveryEntry, DeliveryLog, DeliveryLogOptions } from './store/delivery-log'
export type { DeliveryTally, OpenDeliveries } from './store/delivery-tally'
export type {
  BulkResult,
  Comparison,
  DeliveryCounts,
  DeliveryQuery,
  DocumentCounts,
  DocumentInError,
  DuplicateGroup,
  JobLease,
  JobStore,
  JobSummary,
  LoggedDelivery,
  LookedUpDocument,
  StoredDocument,
  StoreSummary,
  UnstoredDocument,
} from './store/job-store'
export type { OwnedPlace, OwnedValues, PushCounts, PushStore } from './store/push-store'
export type { ModelLike } from './store/resolve-store'
export type {
  AnyRules,
  Changes,
  ClerkMembershipInput,
  ClerkOrganizationInput,
  ClerkUserInput,
  ConflictReason,
  FinishedHook,
  HookMarks,
  HostDocument,
  LinkBy,
  MapMembership,
  MapOrganization,
  MappedFields,
  MapUser,
  MembershipRules,
  OnDelete,
  OrganizationRules,
  SyncOutcome,
  SyncRules,
  WriteContext,
  WriteResult,
} from './store/write'
export type { SyncOptions, SyncResult } from './sync/sync-result'
export type { CountedDeliveries, DeliveryCounters } from './telemetry/delivery-counters'
export type { AddFacts, FinishedDelivery, Telemetry, TelemetryFacts, TelemetryStep } from './telemetry/telemetry'
export type { RefusalCode } from './webhook/handler'
export type { HeadersInput } from './webhook/request'
export { type VerifyOptions, verifyClerkWebhook } from './webhook/verify'
