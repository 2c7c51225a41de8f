import { checkBody } from './body'
import type { UserLists } from './list-users'
import { METADATA_APART_SINCE, param, type Route } from './routes'
import type { UserQuestion } from './user-filters'
import type { Users } from './users'

/** Routes of the API for users. @see https://clerk.com/docs/reference/backend-api/tag/users */
export function userRoutes(
  users: Users,
  lists: UserLists,
  question: (query: URLSearchParams) => UserQuestion,
): Route[] {
  const id = '/users/:id'
  return [
    { method: 'GET', path: '/users', answer: ({ query }) => lists.page(question(query), query) },
    { method: 'POST', path: '/users', answer: ({ body }) => users.create(body) },
    {
      method: 'GET',
      path: '/users/count',
      answer: ({ query }) => ({ object: 'total_count', total_count: lists.count(question(query)) }),
    },
    { method: 'POST', path: '/users/ban', answer: ({ body }) => setBanned(users, body, true) },
    { method: 'POST', path: '/users/unban', answer: ({ body }) => setBanned(users, body, false) },
    { method: 'GET', path: id, answer: (call) => users.get(param(call, 'id')) },
    {
      method: 'PATCH',
      path: id,
      isLimitedPerUser: true,
      answer: (call) =>
        users.update(param(call, 'id'), call.body, { takesMetadata: call.version < METADATA_APART_SINCE }),
    },
    { method: 'DELETE', path: id, answer: (call) => users.delete(param(call, 'id')) },
    {
      method: 'PATCH',
      path: `${id}/metadata`,
      isLimitedPerUser: true,
      answer: (call) => users.mergeMetadata(param(call, 'id'), call.body),
    },
    {
      method: 'PUT',
      path: `${id}/metadata`,
      isLimitedPerUser: true,
      answer: (call) => users.replaceMetadata(param(call, 'id'), call.body),
    },
    { method: 'POST', path: `${id}/ban`, answer: (call) => users.setBanned(param(call, 'id'), true) },
    { method: 'POST', path: `${id}/unban`, answer: (call) => users.setBanned(param(call, 'id'), false) },
    { method: 'POST', path: `${id}/lock`, answer: (call) => users.setLocked(param(call, 'id'), true) },
    { method: 'POST', path: `${id}/unlock`, answer: (call) => users.setLocked(param(call, 'id'), false) },
  ]
}

function setBanned(users: Users, body: Record<string, unknown>, banned: boolean) {
  checkBody(body, { user_ids: 'strings' }, ['user_ids'])
  const ids = body.user_ids as string[]
  // All or none.
  for (const id of ids) users.get(id)
  return ids.map((id) => users.setBanned(id, banned))
}
