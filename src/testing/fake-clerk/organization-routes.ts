import type { StoredMembership } from './membership-store'
import type { Memberships } from './memberships'
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
        return listMemberships({ users, memberships }, { organizationId: id }, call.query)
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
      answer: ({ query }) => listMemberships({ users, memberships }, {}, query),
    },
    {
      method: 'GET',
      path: '/users/:id/organization_memberships',
      answer: (call) => {
        const { id } = users.get(param(call, 'id'))
        return listMemberships({ users, memberships }, { userId: id }, call.query)
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
  const found = organizations.inOrder().filter(({ id, name, slug }) => {
    if (ids.excluded.has(id) || ids.included?.has(id) === false) return false
    if (hasOne(members.excluded, id) || (members.included && !hasOne(members.included, id))) return false
    return !part || id.toLowerCase() === part || name.toLowerCase().includes(part) || slug.includes(part)
  })
  const key =
    field === 'created_at'
      ? undefined
      : (one: FakeOrganization) => (field === 'members_count' ? memberships.count(one.id) : one[field])
  const { data, total_count } = pageIn(found, key, isDescending, query)
  return { data: data.map((one) => counted(one, memberships, query)), total_count }
}

function counted(organization: FakeOrganization, memberships: Memberships, query: URLSearchParams): FakeOrganization {
  if (query.get('include_members_count') !== 'true') return organization
  return { ...organization, members_count: memberships.count(organization.id) }
}

const memberFields = ['phone_number', 'email_address', 'first_name', 'last_name', 'username'] as const

type MembershipFilter = (membership: StoredMembership) => boolean

function listMemberships(
  { users, memberships }: Pick<Parts, 'users' | 'memberships'>,
  of: { organizationId?: string; userId?: string },
  query: URLSearchParams,
) {
  const { field, isDescending } = orderOf(query, memberFields)
  const filters = membershipFilters(users, query)
  const all = memberships.inOrder(of)
  const found = filters.length === 0 ? all : all.filter((one) => filters.every((fits) => fits(one)))
  const { data, total_count } = pageIn(found, memberKey(users, field), isDescending, query)
  return { data: data.map((one) => memberships.json(one)), total_count }
}

function memberKey(
  users: Users,
  field: (typeof memberFields)[number] | 'created_at',
): ((one: StoredMembership) => string) | undefined {
  if (field === 'created_at') return undefined
  return ({ userId }) => {
    const user = users.get(userId)
    if (field === 'email_address') return user.email_addresses[0]?.email_address ?? ''
    return (field === 'phone_number' ? user.phone_numbers[0]?.phone_number : user[field]) ?? ''
  }
}

/** None for a query without conditions, so that a page of a long list costs no more than its members. */
function membershipFilters(users: Users, query: URLSearchParams): MembershipFilter[] {
  const filters: MembershipFilter[] = []
  const roles = valuesOf(query, 'role')
  if (roles) filters.push(({ role }) => roles.includes(role))
  const { included, excluded } = signedValuesOf(query, 'user_id')
  if (included) filters.push(({ userId }) => included.has(userId))
  if (excluded.size > 0) filters.push(({ userId }) => !excluded.has(userId))
  const [before, after] = [timeIn(query, 'created_at_before'), timeIn(query, 'created_at_after')]
  if (before !== undefined) filters.push(({ created_at }) => created_at < before)
  if (after !== undefined) filters.push(({ created_at }) => created_at > after)
  const search = searchFilters(query)
  if (search.length > 0) filters.push(({ userId }) => search.every((fits) => fits(users.get(userId))))
  if (identifiers.some((name) => query.has(name)))
    filters.push(({ userId }) => hasIdentifiers(users.get(userId), query))
  return filters
}

const identifiers = ['email_address', 'phone_number', 'web3_wallet', 'username']

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

/**
 * A page, and the total number. Objects with the same key are ordered by id.
 * @param keyOf What to sort by; `undefined` if the objects are in ascending order already.
 */
function pageIn<T extends { id: string }>(
  all: readonly T[],
  keyOf: ((one: T) => string | number) | undefined,
  isDescending: boolean,
  query: URLSearchParams,
): { data: T[]; total_count: number } {
  const { limit, offset } = pageOf(query)
  const less = (a: string | number, b: string | number) => (a < b ? -1 : Number(a > b))
  const sorted = keyOf ? [...all].sort((a, b) => less(keyOf(a), keyOf(b)) || less(a.id, b.id)) : all
  if (!isDescending) return { data: sorted.slice(offset, offset + limit), total_count: all.length }
  const end = Math.max(0, sorted.length - offset)
  return { data: sorted.slice(Math.max(0, end - limit), end).reverse(), total_count: all.length }
}
