import type { Finding } from '../../store/finding'
import { adviceOnParser } from '../init/advise-webhook'
import { adviceOnProtectedRoute } from '../init/protected-route'
import { findWebhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import { adviceOnRawBody } from './check-nest'
import { installed, isOlder } from './check-packages'
import { checkRouteFile } from './check-route-file'

/** Finds code of the project that prevents deliveries from arriving, or handlers from working. */
export function checkSource(project: Project): Finding[] {
  return [...checkMiddleware(project), ...checkParser(project), ...checkRouteFile(project), ...checkVerify(project)]
}

function checkParser(project: Project): Finding[] {
  const webhook = findWebhook(project)
  const advice = webhook?.isOurs ? adviceOnParser(webhook.calls) : undefined
  const message = advice ? [advice.message, ...advice.lines].join('\n') : adviceOnRawBody(project)
  return message === undefined ? [] : [{ check: 'body_parser', verdict: 'warning', message }]
}

function checkMiddleware(project: Project): Finding[] {
  const message = adviceOnProtectedRoute(project)
  return message === undefined ? [] : [{ check: 'middleware', verdict: 'warning', message }]
}

/** `verify` returns nothing since svix 2.2; copied handlers use its result as the event. */
function checkVerify({ root, sources }: Project): Finding[] {
  const svix = installed(root, 'svix')
  if (!svix || isOlder(svix.version, '2.2.0')) return []
  const trapped = sources.filter(
    ({ code }) => /['"]svix['"]/.test(code) && /[=(]\s*(?:await\s+)?\w+\.verify\(/.test(code),
  )
  return trapped.map(({ path }) => ({
    check: 'svix',
    verdict: 'warning',
    message: `${path} uses the result of svix's verify() as the event, but verify() of svix ${svix.version} returns nothing.`,
    remedy: 'Mount the handler of this library instead, or parse the raw body after verify() returns.',
  }))
}
