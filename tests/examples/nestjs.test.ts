import { testExample, typecheck } from './example'

// Compiled by TypeScript, because NestJS injects by the metadata that it writes.
testExample({ name: 'nestjs', prepare: typecheck, start: ['--env-file=.env', 'dist/main.js'] })
