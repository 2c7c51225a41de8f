import { testExample } from './example'

testExample({ name: 'hono', start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
