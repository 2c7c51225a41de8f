import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { AppModule } from './app.module.js'

const { PORT = '3000' } = process.env

// Signatures are checked on the raw body, which may have up to 1 MiB.
const app = await NestFactory.create<NestExpressApplication>(AppModule, { rawBody: true })
app.useBodyParser('json', { limit: '1mb' })
await app.listen(Number(PORT))
