/** By the code in our handler's refusal. */
export const refusals: Record<string, string | undefined> = {
  raw_body_unavailable:
    'A body parser has already read the body, but the signature covers the original bytes: mount the handler before it (in Express, before express.json(); in NestJS, create the app with rawBody: true).',
  no_matching_signature:
    'The signature does not match: the app and this command have different secrets, or the body was changed before it reached the handler (by a body parser).',
  timestamp_too_old:
    'The timestamp is too old: compare the clocks of this machine and of the app. The limit is five minutes.',
  timestamp_too_new:
    'The timestamp is in the future: compare the clocks of this machine and of the app. The limit is five minutes.',
  missing_headers: 'The svix- headers did not reach the handler: a proxy or middleware removes them.',
  malformed_headers: 'The svix- headers were changed by a proxy or middleware.',
  not_a_clerk_event:
    'The signature is valid, but the body is not a Clerk event: it needs `type`, and `data` with an id.',
}

/** By status, for responses that nothing else explains. */
export const answers: Record<number, string> = {
  400: 'Refused as not genuine, or not by this handler. Check that the app uses the same secret, and that nothing reads the body before the handler.',
  401: 'Something in front of the handler requires a signed-in user. Svix cannot sign in: exclude this route in clerkMiddleware, or from the deployment protection of your host.',
  403: 'Something in front of the handler blocks the request: CSRF protection, a firewall, an IP allow list, or the deployment protection of your host.',
  404: 'There is no route at this address: check path and port, and that the path has no slash at its end. auth.protect() in clerkMiddleware also answers 404: exclude this route from it.',
  405: 'The route does not accept POST, or a page has this address: export POST (`export const { POST } = toNextHandler(clerkSync)` in Next.js, or in a +server.ts of SvelteKit), `action` in React Router; with a router, use post or all.',
  413: 'A proxy or body parser refuses a body of this size: raise the limit of the proxy or body parser to 1 MiB.',
  415: 'Something in front of the handler refuses the content type, application/json: mount the handler before body parsers and validators.',
  429: 'Something in front of the handler limits requests: exclude this route from the limit.',
  500: 'The app failed. See its log (unless createClerkSync has `logger: false`). `clerk-mongo-sync doctor` checks the usual causes.',
  502: 'The proxy did not reach the app. Check that the app is running.',
  503: 'The app took too long, or is not ready. Check that it can reach MongoDB.',
  504: 'The app took too long for the proxy. Check that it can reach MongoDB.',
}

/** How to let Svix pass Clerk's middleware, as a part of a sentence. */
export const publicRoute = "exclude this route, with createRouteMatcher(['/api/webhooks(.*)']) in clerkMiddleware"
const page = 'A page has this address, not the handler'

/** Responses whose sender is recognised: statuses, a part of the headers (`name: value`, one per line) and body, and the hint. */
export const marks: readonly [statuses: readonly number[], mark: RegExp, hint: string][] = [
  [
    [401, 403, 404],
    /^x-clerk-auth-reason: .*protect/m,
    `auth.protect() of Clerk's middleware requires a signed-in user. Svix cannot sign in: ${publicRoute}.`,
  ],
  [
    [401, 403],
    /vercel\.com\/sso-api|<title>Authentication Required/i,
    'Deployment Protection of Vercel requires a login. Give Clerk the production domain, or add `?x-vercel-protection-bypass=<secret>` to the address (Vercel: Protection Bypass for Automation).',
  ],
  [
    [403],
    /^cf-mitigated: |^server: cloudflare$/im,
    'Cloudflare blocks the request. Add a rule that skips its bot and firewall checks for this path.',
  ],
  [
    [403, 429],
    /^x-vercel-mitigated: /im,
    'The firewall of Vercel blocks the request. Add a rule that bypasses it for this path.',
  ],
  [
    [403],
    /Cross-site POST form submissions are forbidden/,
    'The origin check of SvelteKit or Astro took the request for a form, so its content type was lost. Let application/json through the proxy unchanged. Else switch the check off: `csrf.trustedOrigins` in svelte.config.js, `security.checkOrigin: false` in astro.config.mjs.',
  ],
  [
    [403],
    /csrf/i,
    'CSRF protection refuses the request. Exclude this route from it: the signature protects the route.',
  ],
  [
    [415],
    /Form actions expect form-encoded data/,
    `${page}: in SvelteKit, the route is a file called +server.ts, with \`export const POST\`.`,
  ],
  [
    [415],
    /FST_ERR_CTP_INVALID_MEDIA_TYPE/,
    'Fastify has no parser for this content type, application/json. Register toFastifyPlugin(clerkSync), which brings its own; other routes at this address are in front of it.',
  ],
]
