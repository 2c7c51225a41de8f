export {
  type ClerkSync,
  type ClerkSyncOptions,
  createClerkSync,
  type ModelLike,
} from './create-clerk-sync'
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
  ClerkOtherEvent,
  ClerkPhoneNumberJSON,
  ClerkUserDeletedEvent,
  ClerkUserEvent,
  ClerkUserJSON,
  ClerkWebhookEvent,
  VerifiedClerkEvent,
} from './events'
export type { RefusalCode } from './handler'
export type { Logger } from './logger'
export { type MappedProfile, mapClerkUser } from './map/map-clerk-user'
export { isPlaceholder } from './map/placeholder'
export { primaryEmail } from './map/primary-email'
export { type Plain, toPlainUser } from './map/to-plain-user'
export type { ReportedConflict } from './resolved-options'
export type {
  ClerkStore,
  ClerkUserInput,
  ConflictReason,
  HostDocument,
  LinkBy,
  MappedUser,
  MapUser,
  OnDelete,
  SyncOutcome,
  SyncRules,
  WriteContext,
  WriteResult,
} from './store'
export type { HeadersInput } from './svix-headers'
export type { SyncOptions, SyncResult } from './sync'
export { type VerifyOptions, verifyClerkWebhook } from './verify'
