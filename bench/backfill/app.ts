import { createClerkSync } from 'clerk-mongo-sync'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
  connectOnce,
} from 'clerk-mongo-sync/mongoose'
import mongoose, { Schema } from 'mongoose'

const userSchema = new Schema(
  {
    email: { type: String, unique: true, sparse: true, lowercase: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
  },
  { timestamps: true },
)
userSchema.plugin(clerkSyncPlugin)
export const User = clerkModel('User', userSchema)

/** The models of organizations and memberships, in an app that has them. */
function tenantModels() {
  const organizationSchema = new Schema({ plan: String }, { timestamps: true })
  organizationSchema.plugin(clerkOrganizationPlugin)
  const membershipSchema = new Schema({ title: String }, { timestamps: true })
  membershipSchema.plugin(clerkMembershipPlugin)
  return {
    organizations: clerkOrganizationModel('Organization', organizationSchema),
    memberships: clerkMembershipModel('Membership', membershipSchema),
  }
}

/** How many commands this process has sent, with COUNT_COMMANDS. */
export const commands = { sent: 0 }

/** Connects once, and counts commands if requested. */
async function connect(): Promise<void> {
  if (mongoose.connection.readyState === mongoose.ConnectionStates.connected) return
  const monitorCommands = process.env.COUNT_COMMANDS === 'yes'
  await connectOnce(process.env.MONGODB_URI ?? '', { monitorCommands })
  mongoose.connection.getClient().on('commandStarted', () => {
    commands.sent++
  })
}

/** The app, configured by the environment. */
export const clerkSync = createClerkSync({
  users: User,
  ...(process.env.HAS_TENANTS === 'yes' && tenantModels()),
  connect,
})
