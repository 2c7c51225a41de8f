import { clerkMiddleware } from '@clerk/nextjs/server'

// With the key, Clerk's middleware verifies sessions without asking Clerk for it.
export default clerkMiddleware({ jwtKey: process.env.CLERK_JWT_KEY ?? '' })

export const config = {
  // Every page and route but the webhook, Next.js's own files and static files.
  matcher: ['/((?!api/webhooks|_next|.*\\.[a-z0-9]+$).*)'],
}
