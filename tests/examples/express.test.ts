import { addExpressRoute, testDashboardRoute } from './dashboard-route'
import { testExample, typecheck } from './example'

testExample({
  name: 'express',
  async prepare(app) {
    await addExpressRoute(app.path)
    await typecheck(app)
  },
  start: ['--import', 'tsx', '--env-file=.env', 'server.ts'],
  more: testDashboardRoute,
})
