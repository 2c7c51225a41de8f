#!/usr/bin/env bash
# @nestjs/core 11.2.10 and @nestjs/platform-express 11.2.10
#
# Expected: with `NestFactory.create(AppModule, { rawBody: true })` each handler finds `request.rawBody`.
# Happens:  one `app.use(express.json({ limit: '5mb' }))`, the line that most answers give for a larger limit, removes it: Nest sees
#           that a JSON parser is there and mounts none of its own, so that `rawBody` is undefined, without a warning.
#           `app.useBodyParser('json', { limit: '5mb' })` sets the same limit and keeps it.
# Matters:  webhooks were verified for months; after the limit is raised for an upload, each of them fails.
source "$(dirname "$0")/lib.sh"
install @nestjs/common@11.2.10 @nestjs/core@11.2.10 @nestjs/platform-express@11.2.10 reflect-metadata@0.2.2 rxjs@7.8.2 express@5.3.0

run main.mjs <<'JS'
import 'reflect-metadata'
import { Controller, Module, Post, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express from 'express'

// Decorators, written as calls.
class Hook {
  take(request) {
    return String(request.rawBody)
  }
}
Controller('hook')(Hook)
Post()(Hook.prototype, 'take', Object.getOwnPropertyDescriptor(Hook.prototype, 'take'))
Req()(Hook.prototype, 'take', 0)
class AppModule {}
Module({ controllers: [Hook] })(AppModule)

const ways = {
  'rawBody: true': () => {},
  'and express.json()': (app) => app.use(express.json({ limit: '5mb' })),
  'and useBodyParser()': (app) => app.useBodyParser('json', { limit: '5mb' }),
}
for (const [name, change] of Object.entries(ways)) {
  const app = await NestFactory.create(AppModule, { rawBody: true, logger: false })
  change(app)
  await app.listen(0)
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${await app.getUrl()}/hook`, { method: 'POST', headers, body: '{ "a": 1 }' })
  console.log(`${name}: ${await response.text()}`)
  await app.close()
}
JS

expect <<'TEXT'
rawBody: true: { "a": 1 }
and express.json(): undefined
and useBodyParser(): { "a": 1 }
TEXT
