import { afterEach, describe, expect, test } from 'vitest'
import { adapterNames, deliverHonestly, exchange, genuine, openAdapter, requestText, statusesIn } from './adapters'

type Lines = [string, string][]
const stamp = () => String(Math.floor(Date.now() / 1000))
const others = (prefix: string): Lines => [
  [`${prefix}-id`, 'msg_other'],
  [`${prefix}-timestamp`, stamp()],
  [`${prefix}-signature`, 'v1,Zm9yZ2Vk'],
]

/** Changes to the headers of a genuine delivery. Node itself answers 400, 431 and 501. */
const tampered: Record<string, (lines: Lines, body: string) => string> = {
  'an id sent twice': (lines, body) => requestText([...lines, ['svix-id', 'msg_other'], sized(body)], body),
  'a time sent twice': (lines, body) => requestText([...lines, ['Svix-Timestamp', stamp()], sized(body)], body),
  'a signature sent twice': (lines, body) => requestText([...lines, ['SVIX-SIGNATURE', 'v1,eA=='], sized(body)], body),
  'its id under the other name': (lines, body) =>
    requestText(
      [...lines.map(([name, value]): [string, string] => [name.replace('svix-id', 'webhook-id'), value]), sized(body)],
      body,
    ),
  'a forged set in front and the genuine one under the other names': (lines, body) =>
    requestText(
      [
        ...others('svix'),
        ...lines.map(([name, value]): [string, string] => [name.replace('svix', 'webhook'), value]),
        sized(body),
      ],
      body,
    ),
  'hundreds of signatures': (lines, body) =>
    requestText([...without(lines), ['svix-signature', signatures(300)], sized(body)], body),
  'thousands of signatures': (lines, body) =>
    requestText([...without(lines), ['svix-signature', signatures(5_000)], sized(body)], body),
  'thousands of signature headers': (lines, body) =>
    requestText(
      [...lines, ...Array.from({ length: 1_500 }, (): [string, string] => ['svix-signature', 'v1,eA==']), sized(body)],
      body,
    ),
  'a line break in the id': (lines, body) =>
    requestText([...lines, ['svix-id', 'msg_1\r\nsvix-id: msg_2'], sized(body)], body),
  'a bare line feed in a value': (lines, body) => requestText([['x', 'a\nsvix-id: b'], ...lines, sized(body)], body),
  'a bare carriage return in a value': (lines, body) => requestText([...lines, ['x', 'a\rb'], sized(body)], body),
  'a folded signature': (lines, body) =>
    requestText([...without(lines), ['svix-signature', 'v1,eA==\r\n v1,eA=='], sized(body)], body),
  'a NUL in the id': (lines, body) => requestText([...lines, ['svix-id', 'm\0'], sized(body)], body),
  'a space before the colon': (lines, body) => requestText([...lines, ['svix-id ', 'x'], sized(body)], body),
  'two lengths': (lines, body) => requestText([...lines, sized(body), ['content-length', '1']], body),
  'a length that is too short': (lines, body) => requestText([...lines, ['content-length', '20']], body),
  'a length with a sign': (lines, body) => requestText([...lines, ['content-length', `+${body.length}`]], body),
  'a negative length': (lines, body) => requestText([...lines, ['content-length', '-1']], body),
  'a length beyond all numbers': (lines, body) => requestText([...lines, ['content-length', '9'.repeat(40)]], body),
  'a length beside chunks': (lines, body) =>
    requestText([...lines, sized(body), ['transfer-encoding', 'chunked']], `0\r\n\r\n${body}`),
  'chunks under a name nobody knows': (lines, body) => requestText([...lines, ['transfer-encoding', 'xchunked']], body),
  'chunks inside another coding': (lines, body) =>
    requestText([...lines, ['transfer-encoding', 'chunked, identity']], `0\r\n\r\n${body}`),
  'a chunk that says less than it holds': (lines, body) =>
    requestText([...lines, ['transfer-encoding', 'chunked']], `5\r\n${body}\r\n0\r\n\r\n`),
  'a chunk of impossible size': (lines, body) =>
    requestText([...lines, ['transfer-encoding', 'chunked']], `${'f'.repeat(20)}\r\n${body}\r\n0\r\n\r\n`),
  'a second request where its body should be': (lines, body) =>
    requestText([...lines, ['content-length', '0']], requestText([...others('svix'), sized(body)], body)),
}

const sized = (body: string): [string, string] => ['content-length', String(Buffer.byteLength(body))]
const without = (lines: Lines) => lines.filter(([name]) => name !== 'svix-signature')
const signatures = (count: number) => Array.from({ length: count }, (_, at) => `v1,${btoa(`forged ${at}`)}`).join(' ')

describe.each(adapterNames)('%s', (name) => {
  const adapter = openAdapter(name)
  let honest = 0
  afterEach(async () => {
    expect(await deliverHonestly(adapter)).toMatchObject({ status: 200, body: '{"outcome":"created"}' })
    expect(adapter.stored()).toHaveLength(++honest)
  })

  test.each(Object.entries(tampered))('refuses a genuine delivery with %s, and serves the next', async (_, tamper) => {
    const { headers, body } = genuine()
    const received = await exchange(adapter.port, tamper(Object.entries(headers), body))
    expect(received).not.toContain('hung')
    expect(received).not.toContain('outcome')
    const [first, ...more] = statusesIn(received)
    expect([400, 431, 501]).toContain(first)
    for (const status of more) expect(status).toBe(400)
  })

  test('treats names of prototypes as plain header names', async () => {
    const { body, headers, id } = genuine()
    const odd: Lines = [
      ['__proto__', 'x'],
      ['constructor', 'x'],
      ['toString', 'x'],
      ['get', 'x'],
      ['prototype', 'x'],
    ]
    const received = await exchange(adapter.port, requestText([...odd, ...Object.entries(headers), sized(body)], body))
    expect(statusesIn(received)).toEqual([200])
    expect(adapter.stored()).toContain(id)
    expect(Object.keys(Object.prototype)).toEqual([])
    honest++
  })
})
