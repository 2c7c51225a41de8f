import { testExample } from './example'

testExample({ name: 'elysia', start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
