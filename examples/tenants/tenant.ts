import { getAuth } from '@clerk/express'
import type { Request, RequestHandler, Response } from 'express'
import { clerkSync } from './clerk-sync'
import { Membership } from './membership'
import { projectsOf } from './project'

/** Who asks, and the data of the organization in whose name. */
interface Tenant {
  userId: string
  organizationId: string
  projects: ReturnType<typeof projectsOf>
}

type Check = (userId: string, organizationId: string) => Promise<boolean>

/** Members with one of these roles. */
export const role =
  (...roles: string[]): Check =>
  (userId, organizationId) =>
    Membership.hasRole(userId, organizationId, roles)

/** Members with this permission. */
export const permission =
  (name: string): Check =>
  (userId, organizationId) =>
    Membership.hasPermission(userId, organizationId, name)

/**
 * A route for members of the organization that is active in the caller's session. Both ids come from the session, which
 * Clerk has signed: never take them from the URL or the body. Whether the member is still one is read from MongoDB: a
 * session token keeps a role until it expires.
 */
export function forTenant(
  isAllowed: Check,
  route: (tenant: Tenant, request: Request, response: Response) => unknown,
): RequestHandler {
  return async (request, response) => {
    const { userId, orgId } = getAuth(request)
    if (!userId) return void response.sendStatus(401)
    if (!orgId || !(await isMember(isAllowed, userId, orgId))) return void response.sendStatus(403)
    await route({ userId, organizationId: orgId, projects: projectsOf(orgId) }, request, response)
  }
}

/** Asks Clerk if no membership is stored: the first request can be faster than the webhook of a new organization. */
async function isMember(isAllowed: Check, userId: string, organizationId: string): Promise<boolean> {
  if (await isAllowed(userId, organizationId)) return true
  const membership = await clerkSync.ensureMembership({ userId, organizationId })
  return membership !== null && isAllowed(userId, organizationId)
}
