import { testExample, typecheck } from './example'

testExample({ name: 'fastify', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
