/** Type of the test deliveries of `doctor` and of the monitor. Clerk has no such type. */
export const TEST_EVENT: string = 'clerk-mongo-sync.test'

/** Whether an event is a test delivery. It is verified like any other, then ignored, and counts as no delivery of Clerk. */
export const isTestEvent = ({ type }: { type: string }): boolean => type === TEST_EVENT
