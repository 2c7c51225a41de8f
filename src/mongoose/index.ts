export { type ConnectOnceOptions, connectOnce } from './connection'
export { type ClerkModel, type ClerkQueryHelpers, type ClerkStatics, type ClerkSyncFields, clerkModel } from './model'
export { clerkSyncPlugin } from './plugin'
export type { ClerkSyncPluginOptions, PathName } from './plugin-options'
