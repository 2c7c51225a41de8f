import { describe, expect, it } from 'vitest'
import { redactedMessage } from '../../src/store/finding'

describe('the printed message of an error', () => {
  it.each([
    ['cannot reach mongodb+srv://ada:hunter2@db.example/app?w=1, twice', 'cannot reach …, twice'],
    ['mail ada@example.com!', 'mail …!'],
    ['the key (sk_live_abcdef) is wrong', 'the key (…) is wrong'],
    ['Authorization "Bearer sk_test_1" is refused', 'Authorization "Bearer …" is refused'],
    ['GET https://u:p@proxy.example/ failed', 'GET … failed'],
    ['GET https://api.example/?token=abc, no answer', 'GET …, no answer'],
  ])('omits confidential parts, and the rest of the sentence is readable: %s', (message, expected) => {
    expect(redactedMessage(new Error(message))).toBe(expected)
  })

  it.each(['Expected one such as https://api.clerk.com, without /v1.', 'Copy the secret key (sk_…) of this instance.'])(
    'is printed as written if it is advice: %s',
    (message) => {
      expect(redactedMessage(new Error(message))).toBe(message)
    },
  )

  it('includes the first line of its cause', () => {
    expect(redactedMessage(new Error('No.', { cause: new Error('E11000 dup key: { email: "ada" }\nstack') }))).toBe(
      'No. (E11000 )',
    )
  })
})
