import { addExpressRoute, testDashboardRoute } from './dashboard-route'
import { testExample } from './example'

testExample({
  name: 'express',
  prepare: ({ path }) => addExpressRoute(path),
  start: ['--import', 'tsx', '--env-file=.env', 'server.ts'],
  more: testDashboardRoute,
})
