import type { ClerkDeletedJSON } from './deleted'
import type {
  ClerkOrganizationInvitationAcceptedJSON,
  ClerkOrganizationInvitationJSON,
  ClerkWaitlistEntryJSON,
} from './invitation'
import type { ClerkOrganizationMembershipJSON } from './membership'
import type { ClerkEmailJSON, ClerkSmsJSON } from './message'
import type { ClerkOrganizationDomainJSON, ClerkOrganizationJSON } from './organization'
import type { ClerkPaymentAttemptJSON } from './payment-attempt'
import type { ClerkDeletedPermissionJSON, ClerkDeletedRoleJSON, ClerkPermissionJSON, ClerkRoleJSON } from './role'
import type { ClerkSessionJSON } from './session'
import type { ClerkSubscriptionItemJSON, ClerkSubscriptionJSON } from './subscription'
import type { ClerkUserJSON } from './user'

/**
 * The type of `data` for every documented event. Every field except the id may be missing, unlike in Clerk's own types,
 * because older and sample payloads lack many. Where Clerk's specification and SDK differ, the types cover both.
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 */
export interface ClerkEventData {
  'user.created': ClerkUserJSON
  'user.updated': ClerkUserJSON
  'user.deleted': ClerkDeletedJSON
  'session.created': ClerkSessionJSON
  'session.pending': ClerkSessionJSON
  'session.ended': ClerkSessionJSON
  'session.removed': ClerkSessionJSON
  'session.revoked': ClerkSessionJSON
  'organization.created': ClerkOrganizationJSON
  'organization.updated': ClerkOrganizationJSON
  'organization.deleted': ClerkDeletedJSON
  'organizationMembership.created': ClerkOrganizationMembershipJSON
  'organizationMembership.updated': ClerkOrganizationMembershipJSON
  'organizationMembership.deleted': ClerkOrganizationMembershipJSON
  'organizationInvitation.created': ClerkOrganizationInvitationJSON
  'organizationInvitation.revoked': ClerkOrganizationInvitationJSON
  'organizationInvitation.accepted': ClerkOrganizationInvitationAcceptedJSON
  'organizationDomain.created': ClerkOrganizationDomainJSON
  'organizationDomain.updated': ClerkOrganizationDomainJSON
  'organizationDomain.deleted': ClerkDeletedJSON
  'role.created': ClerkRoleJSON
  'role.updated': ClerkRoleJSON
  'role.deleted': ClerkDeletedRoleJSON
  'permission.created': ClerkPermissionJSON
  'permission.updated': ClerkPermissionJSON
  'permission.deleted': ClerkDeletedPermissionJSON
  'email.created': ClerkEmailJSON
  'sms.created': ClerkSmsJSON
  'waitlistEntry.created': ClerkWaitlistEntryJSON
  'waitlistEntry.updated': ClerkWaitlistEntryJSON
  'subscription.created': ClerkSubscriptionJSON
  'subscription.updated': ClerkSubscriptionJSON
  'subscription.active': ClerkSubscriptionJSON
  'subscription.pastDue': ClerkSubscriptionJSON
  'subscriptionItem.created': ClerkSubscriptionItemJSON
  'subscriptionItem.updated': ClerkSubscriptionItemJSON
  'subscriptionItem.active': ClerkSubscriptionItemJSON
  'subscriptionItem.canceled': ClerkSubscriptionItemJSON
  'subscriptionItem.upcoming': ClerkSubscriptionItemJSON
  'subscriptionItem.ended': ClerkSubscriptionItemJSON
  'subscriptionItem.abandoned': ClerkSubscriptionItemJSON
  'subscriptionItem.incomplete': ClerkSubscriptionItemJSON
  'subscriptionItem.pastDue': ClerkSubscriptionItemJSON
  'subscriptionItem.freeTrialEnding': ClerkSubscriptionItemJSON
  'paymentAttempt.created': ClerkPaymentAttemptJSON
  'paymentAttempt.updated': ClerkPaymentAttemptJSON
}
