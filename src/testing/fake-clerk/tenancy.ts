import type { Body } from './body'
import type { Memberships } from './memberships'
import type { FakeOrganization, Organizations } from './organizations'
import type { DeletedJSON } from './users'

/** Creates an organization, with its creator as the first admin. */
export function foundOrganization(
  organizations: Organizations,
  memberships: Memberships,
  body: Body,
): FakeOrganization {
  const organization = organizations.create(body)
  const { id, created_by } = organization
  if (created_by) memberships.create(id, { user_id: created_by, role: 'org:admin' })
  return organizations.get(id)
}

/** Deletes an organization with its memberships. */
export function dissolveOrganization(organizations: Organizations, memberships: Memberships, id: string): DeletedJSON {
  const organization = organizations.get(id)
  memberships.removeOfOrganization(organization.id)
  return organizations.delete(organization.id)
}
