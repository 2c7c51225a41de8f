import type { Route } from './routes'

/** Route of `GET /instance`. @see https://clerk.com/docs/reference/backend-api/tag/instance-settings */
export function instanceRoute(id: string, secretKey: string): Route {
  const environment_type = secretKey.startsWith('sk_live_') ? 'production' : 'development'
  const instance = { object: 'instance', id, environment_type, allowed_origins: null, workspace_id: null }
  return { method: 'GET', path: '/instance', answer: () => instance }
}
