export { type ConnectOnceOptions, connectOnce } from './connection'
export {
  type ClerkModel,
  type ClerkOrganizationFields,
  type ClerkOrganizationModel,
  type ClerkOrganizationStatics,
  type ClerkQueryHelpers,
  type ClerkStatics,
  type ClerkSyncFields,
  clerkModel,
  clerkOrganizationModel,
} from './model'
export { clerkOrganizationPlugin, clerkSyncPlugin } from './plugin'
export { clerkSyncPluginOptions } from './push/plugin-options'
export type { OwnedFields, OwnedMetadata } from './target/owned-paths'
export type { OrganizationPathName, PathName } from './target/paths'
export type { ClerkOrganizationPluginOptions, ClerkSyncPluginOptions } from './target/plugin-options'
