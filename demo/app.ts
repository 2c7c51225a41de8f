import { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
import { toDashboardHandler } from 'clerk-mongo-sync/dashboard'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
  connectOnce,
} from 'clerk-mongo-sync/mongoose'
import express from 'express'
import { Schema } from 'mongoose'
import { mailServer } from './mail-server'

/** The schema that the app had before. Sparse: phone users have no e-mail, and most people no username. */
const userSchema = new Schema(
  {
    email: { type: String, unique: true, sparse: true, lowercase: true, trim: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
    phone: String,
    plan: { type: String, default: 'free' },
  },
  { timestamps: true },
)

// The plan is the app's to decide; Clerk is told.
userSchema.plugin(clerkSyncPlugin, { push: { publicMetadata: ['plan'] } })
export const User = clerkModel('User', userSchema)

const organizationSchema = new Schema({ slug: { type: String, unique: true, sparse: true } }, { timestamps: true })
organizationSchema.plugin(clerkOrganizationPlugin)
export const Organization = clerkOrganizationModel('Organization', organizationSchema)

const membershipSchema = new Schema({}, { timestamps: true })
membershipSchema.plugin(clerkMembershipPlugin)
export const Membership = clerkMembershipModel('Membership', membershipSchema)

/** Reads `CLERK_WEBHOOK_SIGNING_SECRET` and `MONGODB_URI` from the environment. */
export const clerkSync = createClerkSync({
  users: User,
  organizations: Organization,
  memberships: Membership,
  connect: () => connectOnce(process.env.MONGODB_URI ?? ''),
  mapUser: (user) => ({
    ...mapClerkUser(user),
    phone: user.phone_numbers?.find(({ id }) => id === user.primary_phone_number_id)?.phone_number,
  }),
  on: { 'user.created': ({ event }) => mailServer.welcome(event.data.id) },
  deliveries: true,
  // The demo prints what happens itself.
  logger: false,
})

export const app = express()
app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
// The demo listens on this machine alone. An app asks whether an administrator is signed in.
app.use('/dashboard', toExpressHandler(toDashboardHandler(clerkSync, { authorize: () => true })))
app.use(express.json())
