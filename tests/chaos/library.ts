// The library under test, as one entry that can be bundled with a planted bug.
export { createClerkSync } from 'clerk-mongo-sync'
export {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
} from 'clerk-mongo-sync/mongoose'
export { toNodeHandler } from 'clerk-mongo-sync/node'
