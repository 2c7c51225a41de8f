import { testExample } from './example'

testExample({ name: 'fastify', start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
