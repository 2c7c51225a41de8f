export { type ConnectOnceOptions, connectOnce } from './connection'
export {
  type ClerkMembershipFields,
  type ClerkMembershipModel,
  type ClerkMembershipStatics,
  type ClerkModel,
  type ClerkOrganizationFields,
  type ClerkOrganizationModel,
  type ClerkOrganizationStatics,
  type ClerkQueryHelpers,
  type ClerkStatics,
  type ClerkSyncFields,
  clerkMembershipModel,
  clerkModel,
  clerkOrganizationModel,
} from './model'
export { clerkMembershipPlugin, clerkOrganizationPlugin, clerkSyncPlugin } from './plugin'
export { clerkSyncPluginOptions } from './push/plugin-options'
export type { OwnedFields, OwnedMetadata, OwnedOrganizationFields } from './target/owned-paths'
export type { MembershipPathName, OrganizationPathName, PathName } from './target/paths'
export type {
  ClerkMembershipPluginOptions,
  ClerkOrganizationPluginOptions,
  ClerkSyncPluginOptions,
} from './target/plugin-options'
