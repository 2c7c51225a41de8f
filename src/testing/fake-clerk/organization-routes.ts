import type { FakeMembership, Memberships } from './memberships'
import type { FakeOrganization, Organizations } from './organizations'
import { orderOf, pageOf, signedValuesOf, valuesOf } from './page'
import { type Call, METADATA_APART_SINCE, param, type Route } from './routes'
import { dissolveOrganization, foundOrganization } from './tenancy'
import { searchFilters, timeIn } from './user-filters'
import type { Users } from './users'

interface Parts {
  users: Users
  organizations: Organizations
  memberships: Memberships
}

/** Routes of the API for organizations. @see https://clerk.com/docs/reference/backend-api/tag/organizations */
export function organizationRoutes({ users, organizations, memberships }: Parts): Route[] {
  const id = '/organizations/:id'
  const create = ({ body }: Call) => foundOrganization(organizations, memberships, body)
  const remove = (call: Call) => dissolveOrganization(organizations, memberships, param(call, 'id'))
  const update = (call: Call) => organizations.update(param(call, 'id'), call.body, call.version < METADATA_APART_SINCE)
  return [
    {
      method: 'GET',
      path: '/organizations',
      answer: ({ query }) => listOrganizations(organizations, memberships, query),
    },
    { method: 'POST', path: '/organizations', answer: create },
    {
      method: 'GET',
      path: id,
      answer: (call) => counted(organizations.get(param(call, 'id')), memberships, call.query),
    },
    { method: 'PATCH', path: id, answer: update },
    { method: 'DELETE', path: id, answer: remove },
    {
      method: 'PATCH',
      path: `${id}/metadata`,
      answer: (call) => organizations.mergeMetadata(param(call, 'id'), call.body),
    },
    {
      method: 'PUT',
      path: `${id}/metadata`,
      answer: (call) => organizations.replaceMetadata(param(call, 'id'), call.body),
    },
    ...membershipRoutes({ users, organizations, memberships }),
  ]
}

function membershipRoutes({ users, organizations, memberships }: Parts): Route[] {
  const path = '/organizations/:id/memberships'
  const one = `${path}/:userId`
  const ofOne = (call: Call) => [param(call, 'id'), param(call, 'userId')] as const
  return [
    {
      method: 'GET',
      path,
      answer: (call) => {
        const { id } = organizations.get(param(call, 'id'))
        return listMemberships(memberships.list({ organizationId: id }), users, call.query)
      },
    },
    { method: 'POST', path, answer: (call) => memberships.create(param(call, 'id'), call.body) },
    { method: 'PATCH', path: one, answer: (call) => memberships.update(...ofOne(call), call.body) },
    { method: 'DELETE', path: one, answer: (call) => memberships.delete(...ofOne(call)) },
    {
      method: 'PATCH',
      path: `${one}/metadata`,
      answer: (call) => memberships.mergeMetadata(...ofOne(call), call.body),
    },
    {
      method: 'GET',
      path: '/organization_memberships',
      answer: ({ query }) => listMemberships(memberships.list(), users, query),
    },
    {
      method: 'GET',
      path: '/users/:id/organization_memberships',
      answer: (call) => {
        const { id } = users.get(param(call, 'id'))
        return listMemberships(memberships.list({ userId: id }), users, call.query)
      },
    },
  ]
}

function listOrganizations(organizations: Organizations, memberships: Memberships, query: URLSearchParams) {
  const { field, isDescending } = orderOf(query, ['name', 'members_count'])
  const ids = signedValuesOf(query, 'organization_id')
  const members = signedValuesOf(query, 'user_id')
  const part = query.get('query')?.toLowerCase()
  const hasOne = (users: Set<string>, id: string) => [...users].some((user) => memberships.has(user, id))
  const found = [...organizations.all.values()].filter(({ id, name, slug }) => {
    if (ids.excluded.has(id) || ids.included?.has(id) === false) return false
    if (hasOne(members.excluded, id) || (members.included && !hasOne(members.included, id))) return false
    return !part || id.toLowerCase() === part || name.toLowerCase().includes(part) || slug.includes(part)
  })
  const key = (one: FakeOrganization) => (field === 'members_count' ? memberships.count(one.id) : one[field])
  const { data, total_count } = pageIn(found, key, isDescending, query)
  return { data: data.map((one) => counted(one, memberships, query)), total_count }
}

function counted(organization: FakeOrganization, memberships: Memberships, query: URLSearchParams): FakeOrganization {
  if (query.get('include_members_count') !== 'true') return organization
  return { ...organization, members_count: memberships.count(organization.id) }
}

const memberFields = ['phone_number', 'email_address', 'first_name', 'last_name', 'username'] as const

function listMemberships(all: FakeMembership[], users: Users, query: URLSearchParams) {
  const { field, isDescending } = orderOf(query, memberFields)
  const roles = valuesOf(query, 'role')
  const ids = signedValuesOf(query, 'user_id')
  const search = searchFilters(query)
  const [before, after] = [timeIn(query, 'created_at_before'), timeIn(query, 'created_at_after')]
  const userOf = (one: FakeMembership) => users.get(one.public_user_data?.user_id ?? '')
  const found = all.filter((one) => {
    const user = userOf(one)
    if (roles && !roles.includes(one.role ?? '')) return false
    if (ids.excluded.has(user.id) || ids.included?.has(user.id) === false) return false
    if (one.created_at >= (before ?? Number.POSITIVE_INFINITY) || one.created_at <= (after ?? -1)) return false
    return hasIdentifiers(user, query) && search.every((fits) => fits(user))
  })
  const key = (one: FakeMembership) => {
    const user = userOf(one)
    if (field === 'created_at') return one.created_at
    if (field === 'email_address') return user.email_addresses[0]?.email_address ?? ''
    return (field === 'phone_number' ? user.phone_numbers[0]?.phone_number : user[field]) ?? ''
  }
  return pageIn(found, key, isDescending, query)
}

function hasIdentifiers(user: ReturnType<Users['get']>, query: URLSearchParams): boolean {
  const fits = (name: string, own: (string | null | undefined)[]) => {
    const wanted = valuesOf(query, name)?.map((value) => value.toLowerCase())
    return !wanted || own.some((value) => value != null && wanted.includes(value.toLowerCase()))
  }
  return (
    fits(
      'email_address',
      user.email_addresses.map((one) => one.email_address),
    ) &&
    fits(
      'phone_number',
      user.phone_numbers.map((one) => one.phone_number),
    ) &&
    fits(
      'web3_wallet',
      user.web3_wallets.map((one) => one.web3_wallet),
    ) &&
    fits('username', [user.username])
  )
}

/** A page, and the total number. Objects with the same key are ordered by id. */
function pageIn<T extends { id: string }>(
  all: readonly T[],
  keyOf: (one: T) => string | number,
  isDescending: boolean,
  query: URLSearchParams,
): { data: T[]; total_count: number } {
  const { limit, offset } = pageOf(query)
  const less = (a: string | number, b: string | number) => (a < b ? -1 : Number(a > b))
  const sorted = [...all].sort((a, b) => less(keyOf(a), keyOf(b)) || less(a.id, b.id))
  if (isDescending) sorted.reverse()
  return { data: sorted.slice(offset, offset + limit), total_count: all.length }
}
