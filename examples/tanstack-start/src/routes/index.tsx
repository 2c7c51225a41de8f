import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/')({ component: () => <p>Clerk delivers to /api/webhooks/clerk</p> })
