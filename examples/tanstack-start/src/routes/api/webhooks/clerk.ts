import { createFileRoute } from '@tanstack/react-router'
import { toTanStackHandler } from 'clerk-mongo-sync/tanstack-start'
import { clerkSync } from '../../../lib/clerk-sync'

export const Route = createFileRoute('/api/webhooks/clerk')({
  server: { handlers: { ANY: toTanStackHandler(clerkSync) } },
})
