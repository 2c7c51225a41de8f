export type { ClerkAccess } from './clerk-api/clerk-api'
export {
  type ClerkSync,
  type ClerkSyncOptions,
  createClerkSync,
} from './create-clerk-sync'
export type { DiagnoseOptions, Finding } from './diagnose'
export {
  ClerkSyncError,
  type ClerkSyncErrorCode,
  isClerkSyncError,
  type WebhookVerificationCode,
  WebhookVerificationError,
} from './errors'
export type {
  ClerkOrganizationInvitationAcceptedJSON,
  ClerkOrganizationInvitationJSON,
  ClerkWaitlistEntryJSON,
} from './event-data/invitation'
export type { ClerkOrganizationMembershipJSON } from './event-data/membership'
export type { ClerkEmailJSON, ClerkSmsJSON } from './event-data/message'
export type { ClerkOrganizationDomainJSON, ClerkOrganizationJSON } from './event-data/organization'
export type { ClerkPaymentAttemptJSON } from './event-data/payment-attempt'
export type {
  ClerkDeletedPermissionJSON,
  ClerkDeletedRoleJSON,
  ClerkPermissionJSON,
  ClerkRoleJSON,
} from './event-data/role'
export type { ClerkSessionJSON } from './event-data/session'
export type { ClerkSubscriptionItemJSON, ClerkSubscriptionJSON } from './event-data/subscription'
export type {
  ClerkDeletedJSON,
  ClerkEmailAddressJSON,
  ClerkEvent,
  ClerkEventData,
  ClerkEventType,
  ClerkPhoneNumberJSON,
  ClerkUserDeletedEvent,
  ClerkUserEvent,
  ClerkUserJSON,
  ClerkWebhookEvent,
  UnknownClerkEvent,
  VerifiedClerkEvent,
} from './events'
export type { RefusalCode } from './handler'
export type { ClerkHooks, Hook, HookContext } from './hooks'
export type {
  BulkResult,
  Comparison,
  DeliveryCounts,
  DeliveryQuery,
  DuplicateGroup,
  JobLease,
  JobStore,
  LoggedDelivery,
  StoredUser,
  StoreSummary,
  UnstoredUser,
  UserInError,
} from './job-store'
export type {
  BackfillCounts,
  BackfillOptions,
  BackfillProgress,
  BackfillResult,
  JobFailure,
} from './jobs/backfill'
export type { FailureCause } from './jobs/failure-tally'
export type { LinkedUser, LocalUser } from './jobs/push/create-pushes'
export type { RegisterLocalUsersOptions, RegisterLocalUsersResult } from './jobs/push/register-local-users'
export type { RegisterOptions } from './jobs/push/registration-body'
export type { PushOptions, PushProgress, PushResult } from './jobs/push/run-push'
export type { PushWorker, PushWorkerOptions } from './jobs/push/start-push-worker'
export type {
  DriftKind,
  DriftReport,
  ReconcileOptions,
  ReconcileProgress,
  ReconcileReport,
} from './jobs/reconcile'
export type { Unstored } from './jobs/unstored'
export type { Logger } from './logger'
export { type MappedProfile, mapClerkUser } from './map/map-clerk-user'
export { isPlaceholder } from './map/placeholder'
export { primaryEmail } from './map/primary-email'
export { type Plain, toPlainUser } from './map/to-plain-user'
export type { OwnedPlace, OwnedValues, PushStore } from './push-store'
export type { ModelLike } from './resolve-store'
export type { ReportedConflict } from './resolved-options'
export type { SyncStatus } from './status'
export type {
  Changes,
  ClerkStore,
  ClerkUserInput,
  ConflictReason,
  DeliveryEntry,
  DeliveryLog,
  DeliveryLogOptions,
  HookMarks,
  HostDocument,
  JobStoreOptions,
  LinkBy,
  MappedUser,
  MapUser,
  OnDelete,
  SettledHook,
  StoreDiagnoseContext,
  StoreDiagnosis,
  SyncOutcome,
  SyncRules,
  WriteContext,
  WriteResult,
} from './store'
export type { HeadersInput } from './svix-headers'
export type { SyncOptions, SyncResult } from './sync'
export { type VerifyOptions, verifyClerkWebhook } from './verify'
