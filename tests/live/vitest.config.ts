import base from '../../vitest.config'

const { projects: _, ...test } = base.test ?? {}
const globalSetup = './tests/support/global-setup.ts'

/** `npm run test:live`: asks a real Clerk, with the keys of the environment, which the other tests never see. */
export default {
  ...base,
  test: { ...test, globalSetup, reporters: ['verbose'], include: ['tests/live/live.ts'], env: {} },
}
